import { addressNumber, cidrBounds } from '../ipv4.ts';
import type { SubnetRecord } from '../state/records.ts';
import { fqdnOf, type World } from '../state/world.ts';
import { localTime } from '../views/things.ts';

/** Addresses next to each other, both ends included. */
export interface Run {
  start: number;
  end: number;
  purpose: string[];
}

/** What a subnet's addresses are taken for, in order. */
export function takenRuns(world: World, subnet: SubnetRecord): Run[] {
  const singles = (addresses: (string | null)[], purpose: string): Run[] =>
    addresses.flatMap(address =>
      address === null
        ? []
        : [{ start: addressNumber(address), end: addressNumber(address), purpose: [purpose] }],
    );
  const ranges = [...world.ipRanges.values()].filter(range => range.subnetId === subnet.id);
  const runs = [
    ...singles([subnet.gatewayIp], 'gateway-ip'),
    ...singles(
      machinesOn(world, subnet).map(machine => machine.address),
      'assigned-ip',
    ),
    ...ranges.map(({ startIp, endIp, type }) => ({
      start: addressNumber(startIp),
      end: addressNumber(endIp),
      purpose: [type],
    })),
  ];
  return joined(runs.sort((a, b) => a.start - b.start));
}

function joined(runs: Run[]): Run[] {
  const result: Run[] = [];
  for (const run of runs) {
    const last = result.at(-1);
    if (last && last.end + 1 >= run.start && last.purpose[0] === run.purpose[0])
      last.end = Math.max(last.end, run.end);
    else result.push(run);
  }
  return result;
}

/** What is left between them. */
export function freeRuns(world: World, subnet: SubnetRecord): { start: number; end: number }[] {
  const bounds = cidrBounds(subnet.cidr);
  if (!bounds) return [];
  const free: { start: number; end: number }[] = [];
  let next = bounds.first;
  for (const taken of takenRuns(world, subnet)) {
    if (taken.start > next) free.push({ start: next, end: taken.start - 1 });
    next = Math.max(next, taken.end + 1);
  }
  if (next <= bounds.last) free.push({ start: next, end: bounds.last });
  return free;
}

/** `op=ip_addresses`: who has which address. */
export function addressesOf(world: World, subnet: SubnetRecord): unknown[] {
  return machinesOn(world, subnet)
    .filter(machine => machine.address !== null)
    .sort((a, b) => addressNumber(a.address ?? '') - addressNumber(b.address ?? ''))
    .map(machine => ({
      ip: machine.address,
      alloc_type: 0,
      created: localTime(machine.addressSinceMs),
      updated: localTime(machine.addressSinceMs),
      node_summary: {
        system_id: machine.id,
        node_type: 0,
        fqdn: fqdnOf(world, machine),
        hostname: machine.hostname,
        is_container: false,
        via: machine.nics[0]?.name ?? '',
      },
      ...(machine.owner === null ? {} : { user: machine.owner }),
    }));
}

function machinesOn(world: World, subnet: SubnetRecord) {
  return [...world.machines.values()].filter(machine => machine.nics[0]?.subnetId === subnet.id);
}
