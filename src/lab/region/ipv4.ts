/** IPv4 arithmetic for the lab's subnets: addresses as unsigned 32-bit numbers. */
export function addressNumber(address: string): number {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some(part => !Number.isInteger(part) || part < 0 || part > 255)) {
    throw new RangeError(`not an IPv4 address: ${address}`);
  }
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export function addressText(number: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.');
}

export interface CidrBounds {
  network: number;
  /** First and last address that a machine can have. */
  first: number;
  last: number;
}

/** The usable addresses of `10.30.0.0/24`, or undefined when the text is no IPv4 network. */
export function cidrBounds(cidr: string): CidrBounds | undefined {
  const match = /^(\d+\.\d+\.\d+\.\d+)\/(\d{1,2})$/.exec(cidr);
  if (!match?.[1] || Number(match[2]) > 32) return undefined;
  try {
    const size = 2 ** (32 - Number(match[2]));
    const network = Math.floor(addressNumber(match[1]) / size) * size;
    return size < 4
      ? { network, first: network, last: network + size - 1 }
      : { network, first: network + 1, last: network + size - 2 };
  } catch {
    return undefined;
  }
}
