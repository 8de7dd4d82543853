import { BlockList, isIP } from 'node:net';

const ranges = new Map<string, BlockList>();

/** Whether an IP address is within `10.30.0.0/24` or `fd00::/8`. False for anything that is not both. */
export function isInCidr(address: string, cidr: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/');
  const version = isIP(network);
  if (version === 0 || isIP(address) !== version || !/^\d{1,3}$/.test(prefix)) return false;
  if (Number(prefix) > (version === 4 ? 32 : 128)) return false;
  const family = version === 4 ? 'ipv4' : 'ipv6';
  let range = ranges.get(cidr);
  if (!range) {
    range = new BlockList();
    range.addSubnet(network, Number(prefix), family);
    ranges.set(cidr, range);
  }
  return range.check(address, family);
}
