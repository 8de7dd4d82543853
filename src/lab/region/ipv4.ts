import { ipv4Network, ipv4Number, ipv4Size } from '../../core/ipv4.ts';

/** An address as an unsigned 32-bit number. Throws RangeError when it is none. */
export function addressNumber(address: string): number {
  const number = ipv4Number(address);
  if (number === undefined) throw new RangeError(`not an IPv4 address: ${address}`);
  return number;
}

export interface CidrBounds {
  network: number;
  /** First and last address that a machine can have. */
  first: number;
  last: number;
}

/** The usable addresses of `10.30.0.0/24`, or undefined when the text is no IPv4 network. */
export function cidrBounds(cidr: string): CidrBounds | undefined {
  const found = cidr.includes('/') ? ipv4Network(cidr) : undefined;
  if (!found) return undefined;
  const size = ipv4Size(found);
  const edge = size < 4 ? 0 : 1;
  return { network: found.first, first: found.first + edge, last: found.first + size - 1 - edge };
}
