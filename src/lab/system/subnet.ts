/** An IPv4 network as its first address (unsigned 32 bits) and the length of its prefix. */
export interface Subnet {
  first: number;
  prefixLength: number;
}

/** Reads `10.77.0.0/24`; bits after the prefix are dropped. Undefined when it is no IPv4 network. */
export function parseSubnet(text: string): Subnet | undefined {
  const [, address = '', length = '32'] = /^(\d+\.\d+\.\d+\.\d+)(?:\/(\d+))?$/.exec(text) ?? [];
  const bytes = address.split('.').map(Number);
  const prefixLength = Number(length);
  if (bytes.length !== 4 || bytes.some(byte => byte > 255) || prefixLength > 32) return undefined;
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
  return { first: value - (value % sizeOf(prefixLength)), prefixLength };
}

export function overlaps(a: Subnet, b: Subnet): boolean {
  return a.first < b.first + sizeOf(b.prefixLength) && b.first < a.first + sizeOf(a.prefixLength);
}

/** The address at a place in a network: 0 is the network's own. */
export function addressIn(subnet: Subnet, place: number): string {
  const value = subnet.first + place;
  return [24, 16, 8, 0].map(shift => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** The first /24 of those that the lab likes which overlaps nothing in use; undefined when all do. */
export function chooseSubnet(used: readonly Subnet[]): Subnet | undefined {
  return candidates().find(candidate => !used.some(subnet => overlaps(subnet, candidate)));
}

// Kubernetes' usual pod and service networks (10.244/16, 10.96/12 = 10.96–10.111) are left out.
function candidates(): Subnet[] {
  const texts = [...Array(16).keys()].flatMap(n => [
    `10.77.${n}.0/24`,
    `172.29.${n}.0/24`,
    `192.168.${200 + n}.0/24`,
  ]);
  return texts.map(parseSubnet).filter(subnet => subnet !== undefined);
}

function sizeOf(prefixLength: number): number {
  return 2 ** (32 - prefixLength);
}
