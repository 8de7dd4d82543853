import ipaddr from 'ipaddr.js';

/** An IPv4 network: its first address as an unsigned 32-bit number, and the length of its prefix. */
export interface Ipv4Network {
  first: number;
  prefix: number;
}

/** `10.0.0.1` as an unsigned 32-bit number; undefined for anything else, shortened and octal spellings included. */
export function ipv4Number(text: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.IPv4.parse(text).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}

export function ipv4Text(number: number): string {
  return [24, 16, 8, 0].map(shift => Math.floor(number / 2 ** shift) % 256).join('.');
}

/** Reads `10.77.0.0/24`, or one address; bits after the prefix are dropped. Undefined when it is no IPv4 network. */
export function ipv4Network(text: string): Ipv4Network | undefined {
  const [address = '', prefixText = '32', ...more] = text.split('/');
  const number = ipv4Number(address);
  const prefix = Number(prefixText);
  if (number === undefined || more.length > 0 || !/^\d{1,2}$/.test(prefixText) || prefix > 32)
    return undefined;
  return { first: number - (number % ipv4Size({ prefix })), prefix };
}

/** How many addresses a network has. */
export function ipv4Size({ prefix }: Pick<Ipv4Network, 'prefix'>): number {
  return 2 ** (32 - prefix);
}

/** True when the two networks share an address. */
export function ipv4Overlap(a: Ipv4Network, b: Ipv4Network): boolean {
  return a.first < b.first + ipv4Size(b) && b.first < a.first + ipv4Size(a);
}
