import { invalid } from '../http/errors.ts';
import { addressNumber, cidrBounds } from '../ipv4.ts';
import type { MachineRecord, SubnetRecord, VlanRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import type { Filter, Test } from './filters.ts';

/** Filters by what a machine's interfaces are on. */
export const networkFilters: Record<string, Filter> = {
  subnets: (values, world) => onSubnets(values, world, 'subnets', 'every'),
  not_subnets: (values, world) => not(onSubnets(values, world, 'not_subnets', 'some')),
  vlans: (values, world) => onVlans(values, world),
  not_vlans: (values, world) => not(onVlans(values, world)),
  fabrics: (values, world) => onFabrics(values, world),
  not_fabrics: (values, world) => not(onFabrics(values, world)),
  fabric_classes: () => () => false,
  not_fabric_classes: () => () => true,
  interfaces: (values, world) => interfaceSpecs(values, world),
};

function not(test: Test): Test {
  return machine => !test(machine);
}

function onSubnets(values: string[], world: World, field: string, how: 'every' | 'some'): Test {
  const wanted = values.map(value => matching(world, value, field));
  return machine =>
    wanted[how](ids => machine.nics.some(nic => nic.subnetId !== null && ids.has(nic.subnetId)));
}

function matching(world: World, value: string, field: string): Set<number> {
  const subnets = [...world.subnets.values()].filter(subnet => subnetMatches(world, subnet, value));
  if (subnets.length === 0) throw invalid({ [field]: `No matching subnets found.` });
  return new Set(subnets.map(subnet => subnet.id));
}

/** A number, a CIDR, or `key:value` as MAAS's specifiers are. */
export function subnetMatches(world: World, subnet: SubnetRecord, specifier: string): boolean {
  const [key, ...rest] = specifier.split(':');
  const value = rest.join(':');
  if (rest.length === 0) return [String(subnet.id), subnet.cidr, subnet.name].includes(specifier);
  const vlan = world.vlans.get(subnet.vlanId);
  const answers: Record<string, () => boolean> = {
    id: () => String(subnet.id) === value,
    name: () => subnet.name === value,
    cidr: () => subnet.cidr === value,
    ip: () => holds(subnet.cidr, value),
    vid: () => String(vlan?.vid) === value,
    vlan: () => vlanMatches(world, vlan, value),
    fabric: () => fabricNames(world, vlan).includes(value),
    space: () => value === (vlan?.spaceId == null ? 'undefined' : world.spaces.get(vlan.spaceId)?.name),
  };
  return answers[key ?? '']?.() ?? false;
}

function holds(cidr: string, address: string): boolean {
  const bounds = cidrBounds(cidr);
  try {
    const number = addressNumber(address);
    return bounds !== undefined && number >= bounds.first && number <= bounds.last;
  } catch {
    return false;
  }
}

function vlanMatches(world: World, vlan: VlanRecord | undefined, value: string): boolean {
  if (!vlan) return false;
  return [String(vlan.id), vlan.name, `${world.fabrics.get(vlan.fabricId)?.name}:${vlan.vid}`].includes(
    value,
  );
}

function fabricNames(world: World, vlan: VlanRecord | undefined): string[] {
  const fabric = vlan && world.fabrics.get(vlan.fabricId);
  return fabric ? [fabric.name, String(fabric.id), `name:${fabric.name}`, `id:${fabric.id}`] : [];
}

function vlansOf(world: World, machine: MachineRecord): VlanRecord[] {
  return machine.nics.flatMap(nic => (nic.vlanId === null ? [] : (world.vlans.get(nic.vlanId) ?? [])));
}

function onVlans(values: string[], world: World): Test {
  return machine =>
    values.some(value =>
      vlansOf(world, machine).some(vlan => vlanMatches(world, vlan, value.replace(/^\w+:/, ''))),
    );
}

function onFabrics(values: string[], world: World): Test {
  return machine =>
    values.some(value => vlansOf(world, machine).some(vlan => fabricNames(world, vlan).includes(value)));
}

/** `label:key=value,key=value;label2:…`: each label needs an interface that has all that is asked. */
function interfaceSpecs(values: string[], world: World): Test {
  const specs = values
    .join(';')
    .split(';')
    .map(text => {
      const match = /^[^:=]+:(.+)$/.exec(text.trim());
      const pairs = match?.[1]?.split(',').map(pair => pair.split('=', 2));
      if (!pairs?.every(pair => pair.length === 2)) {
        throw invalid({ interfaces: `Malformed constraint, "${text}".` });
      }
      return pairs.map(([key = '', value = '']) => ({ key, value }));
    });
  return machine =>
    specs.every(pairs => machine.nics.some(nic => pairs.every(pair => nicHas(world, nic, pair))));
}

function nicHas(
  world: World,
  nic: MachineRecord['nics'][number],
  { key, value }: { key: string; value: string },
) {
  const subnet = nic.subnetId === null ? undefined : world.subnets.get(nic.subnetId);
  if (key === 'name') return nic.name === value;
  if (key === 'id') return String(nic.id) === value;
  if (key === 'mode' || key === 'type') return true;
  const specifier = key === 'subnet' || key === 'subnet_cidr' ? value : `${key}:${value}`;
  return subnet !== undefined && subnetMatches(world, subnet, specifier);
}
