import { isIPv6 } from 'node:net';
import { type Ipv4Network, ipv4Network, ipv4Number, ipv4Overlap, ipv4Text } from '../core/ipv4.ts';

/** Reads `10.244.0.0/16`; a sentence that says what is wrong when it is not a network. */
export function parseIpv4Subnet(text: string): Ipv4Network | string {
  const [address = '', prefix] = text.split('/');
  // Node compiles a large expression for the first question about IPv6, so it is asked only where there can be any.
  if (prefix !== undefined && address.includes(':') && isIPv6(address))
    return 'must be an IPv4 network: IPv6 is not supported yet';
  const network = prefix === undefined ? undefined : ipv4Network(text);
  if (!network) return 'must be a network such as 10.244.0.0/16';
  const first = ipv4Text(network.first);
  return first === address
    ? network
    : `is not the first address of a network: did you mean ${first}/${network.prefix}?`;
}

/** True for `10.0.0.1` and `fd00::1`, in full spelling: no shortened or octal IPv4. */
export function isIpAddress(text: string): boolean {
  return ipv4Number(text) !== undefined || isIPv6(text);
}

/** True when the text is an IPv4 address inside the network. */
export function subnetContains(network: Ipv4Network, text: string): boolean {
  const address = ipv4Number(text);
  return address !== undefined && ipv4Overlap(network, { first: address, prefix: 32 });
}
