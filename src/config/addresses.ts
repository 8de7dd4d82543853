import ipaddr from 'ipaddr.js';

/** An IPv4 network: its first address as a number, and the length of its prefix. */
export interface Ipv4Subnet {
  first: number;
  prefix: number;
}

/** Reads `10.244.0.0/16`; a sentence that says what is wrong when it is not a network. */
export function parseIpv4Subnet(text: string): Ipv4Subnet | string {
  const [address, prefixText, ...more] = text.split('/');
  if (more.length > 0 || address === undefined || !/^\d{1,2}$/.test(prefixText ?? '')) {
    return 'must be a network such as 10.244.0.0/16';
  }
  if (ipaddr.IPv6.isValid(address)) return 'must be an IPv4 network: IPv6 is not supported yet';
  const prefix = Number(prefixText);
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) || prefix > 32) {
    return 'must be a network such as 10.244.0.0/16';
  }
  const network = ipaddr.IPv4.networkAddressFromCIDR(text).toString();
  if (network !== address) return `is not the first address of a network: did you mean ${network}/${prefix}?`;
  return { first: ipv4Number(network), prefix };
}

/** True when the two networks share an address. */
export function subnetsOverlap(a: Ipv4Subnet, b: Ipv4Subnet): boolean {
  const size = 2 ** (32 - Math.min(a.prefix, b.prefix));
  return Math.floor(a.first / size) === Math.floor(b.first / size);
}

/** True for `10.0.0.1` and `fd00::1`, in full spelling: no shortened or octal IPv4. */
export function isIpAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || ipaddr.IPv6.isValid(text);
}

/** True when the text is an IPv4 address inside the network. */
export function subnetContains(subnet: Ipv4Subnet, text: string): boolean {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return false;
  return subnetsOverlap(subnet, { first: ipv4Number(text), prefix: 32 });
}

function ipv4Number(text: string): number {
  return ipaddr.IPv4.parse(text).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
