import { ipv4Text } from '../../../core/ipv4.ts';
import { requireAdmin } from '../auth/access.ts';
import { type Answer, nothing } from '../http/answers.ts';
import { badRequest, invalid, notFound } from '../http/errors.ts';
import type { Call, Resource } from '../http/resource.ts';
import { cidrBounds } from '../ipv4.ts';
import type { SubnetRecord } from '../state/records.ts';
import { nextNumber } from '../state/world.ts';
import { viewSubnet } from '../views/network.ts';
import { subnetMatches } from './network-filters.ts';
import { addressesOf, freeRuns, takenRuns } from './subnet-use.ts';

/** Subnets: `subnets/`. */
export const subnets: Resource = {
  name: 'Subnets',
  read: call => [...call.world.subnets.values()].map(subnet => viewSubnet(call.world, subnet)),
  create,
};

/** One subnet, by number, CIDR or specifier: `subnets/{id}/`. */
export const subnet: Resource = {
  name: 'Subnet',
  read: call => viewSubnet(call.world, subnetOf(call)),
  update,
  remove,
  get: {
    statistics,
    ip_addresses: call => addressesOf(call.world, subnetOf(call)),
    reserved_ip_ranges: call => takenRuns(call.world, subnetOf(call)).map(viewRun),
    unreserved_ip_ranges: call => freeRuns(call.world, subnetOf(call)).map(viewRun),
  },
};

function subnetOf(call: Call): SubnetRecord {
  const wanted = call.args['id'] ?? '';
  const found = [...call.world.subnets.values()].find(record => subnetMatches(call.world, record, wanted));
  if (!found) throw notFound('Subnet');
  return found;
}

function create(call: Call): unknown {
  requireAdmin(call);
  const cidr = call.data.field('cidr');
  if (!cidrBounds(cidr)) throw invalid({ cidr: 'Required format: <network>/<prefixlen>.' });
  if ([...call.world.subnets.values()].some(known => known.cidr === cidr)) {
    throw invalid({ cidr: 'Subnet with this Cidr already exists.' });
  }
  const vlanId = Number(call.data.one('vlan') ?? [...call.world.vlans.values()][0]?.id);
  if (!call.world.vlans.get(vlanId)) {
    throw invalid({ vlan: 'Select a valid choice. That choice is not one of the available choices.' });
  }
  const id = nextNumber(call.world, 'subnet');
  const record: SubnetRecord = {
    id,
    name: call.data.one('name') || cidr,
    description: call.data.one('description') ?? '',
    cidr,
    gatewayIp: call.data.one('gateway_ip') || null,
    dnsServers: call.data.all('dns_servers').flatMap(value => value.split(/[\s,]+/).filter(Boolean)),
    vlanId,
  };
  call.world.subnets.put(id, record);
  return viewSubnet(call.world, record);
}

function update(call: Call): unknown {
  requireAdmin(call);
  const found = subnetOf(call);
  const changed: SubnetRecord = {
    ...found,
    name: call.data.one('name') ?? found.name,
    description: call.data.one('description') ?? found.description,
    gatewayIp: call.data.has('gateway_ip') ? call.data.one('gateway_ip') || null : found.gatewayIp,
    dnsServers: call.data.has('dns_servers')
      ? call.data.all('dns_servers').flatMap(value => value.split(/[\s,]+/).filter(Boolean))
      : found.dnsServers,
  };
  call.world.subnets.put(found.id, changed);
  return viewSubnet(call.world, changed);
}

function remove(call: Call): Answer {
  requireAdmin(call);
  const found = subnetOf(call);
  if (
    [...call.world.machines.values()].some(machine => machine.nics.some(nic => nic.subnetId === found.id))
  ) {
    throw badRequest('This subnet is in use by machines, it cannot be deleted.');
  }
  call.world.subnets.delete(found.id);
  return nothing;
}

function viewRun(run: { start: number; end: number; purpose?: string[] }) {
  return {
    start: ipv4Text(run.start),
    end: ipv4Text(run.end),
    num_addresses: run.end - run.start + 1,
    ...(run.purpose ? { purpose: run.purpose } : {}),
  };
}

function statistics(call: Call): unknown {
  const found = subnetOf(call);
  const bounds = cidrBounds(found.cidr);
  if (!bounds) throw badRequest(`${found.cidr} is no IPv4 network.`);
  const free = freeRuns(call.world, found).map(run => run.end - run.start + 1);
  const total = bounds.last - bounds.first + 1;
  const available = free.reduce((sum, size) => sum + size, 0);
  const usage = (total - available) / total;
  return {
    num_available: available,
    largest_available: Math.max(0, ...free),
    num_unavailable: total - available,
    total_addresses: total,
    usage,
    usage_string: `${Math.round(usage * 100)}%`,
    available_string: `${100 - Math.round(usage * 100)}%`,
    first_address: ipv4Text(bounds.first),
    last_address: ipv4Text(bounds.last),
    ip_version: 4,
  };
}
