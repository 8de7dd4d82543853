import ipaddr from 'ipaddr.js';
import { parseIpv4Subnet } from '../../config/addresses.ts';

/** IPv4 addresses from first to last, both included, as numbers. */
export interface AddressRange {
  first: number;
  last: number;
  /** As it was written. */
  text: string;
}

/** What MAAS knows of one subnet; the caller asks MAAS. */
export interface MaasSubnetUse {
  /** `192.168.10.0/24` */
  cidr: string;
  /** Whether MAAS hands out every address but the reserved ones; in others it hands out only the reserved ones. */
  managed: boolean;
  gateway?: string;
  ranges: readonly { type: 'dynamic' | 'reserved'; start: string; end: string; comment: string }[];
  /** Addresses that something has already, and what. */
  taken: readonly { address: string; by: string }[];
}

export interface PoolFindings {
  /** Sentences; with any of them two owners would give out the same address. */
  errors: string[];
  /** Sentences that are worth reading. */
  advice: string[];
}

/** Reserved ranges whose comment has one of these words are kept free for the pool, not from it. */
const ours = /\b(?:metallb|coldstart|load ?balancers?)\b/i;

/** Reads `192.168.10.200-192.168.10.220`, `192.168.10.208/28` or one address; else a sentence that says what is wrong. */
export function parseAddressRange(text: string): AddressRange | string {
  if (text.includes('/')) {
    const subnet = parseIpv4Subnet(text);
    if (typeof subnet === 'string') return subnet;
    return { first: subnet.first, last: subnet.first + 2 ** (32 - subnet.prefix) - 1, text };
  }
  const [start = '', end = start, ...more] = text.split('-').map(part => part.trim());
  const first = addressNumber(start);
  const last = addressNumber(end);
  if (first === undefined || last === undefined || more.length > 0)
    return 'must be addresses such as 192.168.10.200-192.168.10.220 or 192.168.10.208/28';
  return first > last ? 'ends before it begins' : { first, last, text };
}

/** Ranges that share an address, in pairs. */
export function overlappingRanges(ranges: readonly AddressRange[]): [AddressRange, AddressRange][] {
  return ranges.flatMap((a, index) =>
    ranges
      .slice(index + 1)
      .filter(b => overlap(a, b))
      .map((b): [AddressRange, AddressRange] => [a, b]),
  );
}

/** Whether a pool of addresses for load balancers is out of the way of MAAS. Texts that are no ranges are passed over. */
export function checkPool(pool: readonly string[], subnets: readonly MaasSubnetUse[]): PoolFindings {
  const findings = pool
    .map(parseAddressRange)
    .filter(range => typeof range !== 'string')
    .map(range => checkRange(range, subnets));
  return {
    errors: findings.flatMap(({ errors }) => errors),
    advice: findings.flatMap(({ advice }) => advice),
  };
}

function checkRange(pool: AddressRange, subnets: readonly MaasSubnetUse[]): PoolFindings {
  const around = subnets.filter(({ cidr }) => touches(pool, cidr));
  const errors = around.flatMap(subnet => [...rangeErrors(pool, subnet), ...addressErrors(pool, subnet)]);
  const outside = around.every(({ cidr }) => !inside(pool, cidr));
  const advice = outside
    ? [`${pool.text} is not inside one subnet that MAAS knows: nobody there will find these addresses`]
    : around.filter(subnet => subnet.managed && !keptFree(pool, subnet)).map(subnet => reserve(pool, subnet));
  return { errors, advice };
}

function rangeErrors(pool: AddressRange, subnet: MaasSubnetUse): string[] {
  return subnet.ranges
    .filter(range => !(subnet.managed && range.type === 'reserved' && ours.test(range.comment)))
    .filter(({ start, end }) => touches(pool, `${start}-${end}`))
    .map(({ type, start, end, comment }) => {
      const why = comment === '' ? '' : ` (${comment})`;
      return `${pool.text} overlaps the ${type} range ${start}-${end}${why} of ${subnet.cidr} in MAAS`;
    });
}

function addressErrors(pool: AddressRange, { gateway, taken }: MaasSubnetUse): string[] {
  const used = gateway === undefined ? taken : [{ address: gateway, by: 'the gateway' }, ...taken];
  return used
    .filter(({ address }) => touches(pool, address))
    .map(({ address, by }) => `${pool.text} contains ${address}, which belongs to ${by}`);
}

/** Whether reserved ranges with our words cover the whole pool, each for itself. */
function keptFree(pool: AddressRange, { ranges }: MaasSubnetUse): boolean {
  return ranges.some(
    ({ type, start, end, comment }) =>
      type === 'reserved' && ours.test(comment) && inside(pool, `${start}-${end}`),
  );
}

function reserve(pool: AddressRange, { cidr }: MaasSubnetUse): string {
  return `MAAS may give addresses of ${pool.text} to machines: reserve them in ${cidr} with the comment "MetalLB"`;
}

function touches(pool: AddressRange, text: string): boolean {
  const range = parseAddressRange(text);
  return typeof range !== 'string' && overlap(pool, range);
}

function inside(pool: AddressRange, text: string): boolean {
  const range = parseAddressRange(text);
  return typeof range !== 'string' && range.first <= pool.first && pool.last <= range.last;
}

function overlap(a: AddressRange, b: AddressRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function addressNumber(text: string): number | undefined {
  if (!ipaddr.IPv4.isValidFourPartDecimal(text)) return undefined;
  return ipaddr.IPv4.parse(text).octets.reduce((sum, octet) => sum * 256 + octet, 0);
}
