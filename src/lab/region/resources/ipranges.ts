import { requireAdmin } from '../auth/access.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { invalid, notFound } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import { addressNumber } from '../ipv4.ts';
import type { IpRangeRecord } from '../state/records.ts';
import { nextNumber, type World } from '../state/world.ts';
import { viewSubnet } from '../views/network.ts';
import { viewUser } from '../views/things.ts';
import { subnetMatches } from './network-filters.ts';

/** Reserved and dynamic ranges: `ipranges/`. Machines get no address from them. */
export const ipRanges: Resource = {
  name: 'IPRanges',
  read: call => [...call.world.ipRanges.values()].map(range => view(call.world, range)),
  create,
};

export const ipRange: Resource = { name: 'IPRange', read: call => view(call.world, rangeOf(call)), remove };

function rangeOf(call: Call): IpRangeRecord {
  const found = call.world.ipRanges.get(call.args['id'] ?? '');
  if (!found) throw notFound('IPRange');
  return found;
}

function create(call: Call): unknown {
  const { world, data } = call;
  const type = data.field('type') === 'dynamic' ? 'dynamic' : 'reserved';
  if (type === 'dynamic') requireAdmin(call);
  const [startIp, endIp] = [addressField(call, 'start_ip'), addressField(call, 'end_ip')];
  const wanted = data.one('subnet') ?? `ip:${startIp}`;
  const subnet = [...world.subnets.values()].find(known => subnetMatches(world, known, wanted));
  if (!subnet)
    throw invalid({ subnet: 'Select a valid choice. That choice is not one of the available choices.' });
  if (addressNumber(endIp) < addressNumber(startIp)) {
    throw invalid({ end_ip: 'End IP address must not be less than Start IP address.' });
  }
  if ([...world.ipRanges.values()].some(range => overlaps(range, startIp, endIp))) {
    const problem = `Requested ${type} range conflicts with an existing range.`;
    throw invalid({ start_ip: problem, end_ip: problem });
  }
  const id = nextNumber(world, 'ipRange');
  const comment = data.one('comment') ?? '';
  const range: IpRangeRecord = {
    id,
    type,
    startIp,
    endIp,
    subnetId: subnet.id,
    user: call.user.username,
    comment,
  };
  world.ipRanges.put(id, range);
  return view(world, range);
}

function addressField(call: Call, name: string): string {
  const value = call.data.field(name);
  try {
    addressNumber(value);
    return value;
  } catch {
    throw invalid({ [name]: 'Enter a valid IPv4 or IPv6 address.' });
  }
}

function overlaps(range: IpRangeRecord, startIp: string, endIp: string): boolean {
  return (
    addressNumber(startIp) <= addressNumber(range.endIp) &&
    addressNumber(endIp) >= addressNumber(range.startIp)
  );
}

function remove(call: Call): Answer {
  call.world.ipRanges.delete(rangeOf(call).id);
  return nothing;
}

function view(world: World, range: IpRangeRecord) {
  const subnet = world.subnets.get(range.subnetId);
  const user = world.users.get(range.user);
  return {
    subnet: subnet ? viewSubnet(world, subnet) : null,
    type: range.type,
    start_ip: range.startIp,
    end_ip: range.endIp,
    user: user ? viewUser(user) : null,
    comment: range.comment,
    id: range.id,
    resource_uri: `/MAAS/api/2.0/ipranges/${range.id}/`,
  };
}
