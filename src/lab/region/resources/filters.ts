import { type MachineStatus, machineStatuses } from '../../../maas/status.ts';
import { badRequest, invalid } from '../http/errors.ts';
import type { Params } from '../http/params.ts';
import type { MachineRecord, NamedRecord } from '../state/records.ts';
import { speaksAtLeast, type World } from '../state/world.ts';
import { networkFilters } from './network-filters.ts';

/** Keeps the machines that a filter's values (OR, unless the filter says otherwise) allow. */
export type Test = (machine: MachineRecord) => boolean;
export type Filter = (values: string[], world: World, params: Params) => Test;

const none: Test = () => true;

/**
 * The filters of `GET machines/` and of `op=allocate`:
 * https://github.com/canonical/maas/blob/3.4/src/maasserver/node_constraint_filter_forms.py
 */
const shared: Record<string, Filter> = {
  tags: (values, world) => {
    const wanted = knownTags(values, world);
    return machine => wanted.every(tag => machine.tags.includes(tag));
  },
  not_tags: (values, world) => {
    const unwanted = knownTags(values, world);
    return machine => !unwanted.some(tag => machine.tags.includes(tag));
  },
  zone: (values, world) => oneOf(knownIds(values, world.zones.values(), 'zone'), machine => machine.zoneId),
  not_in_zone: (values, world) =>
    not(oneOf(knownIds(values, world.zones.values(), 'zone', 'not_in_zone'), machine => machine.zoneId)),
  pool: (values, world) => oneOf(knownIds(values, world.pools.values(), 'pool'), machine => machine.poolId),
  not_in_pool: (values, world) =>
    not(oneOf(knownIds(values, world.pools.values(), 'pool', 'not_in_pool'), machine => machine.poolId)),
  arch: (values, world) => architectures(values, world),
  not_arch: (values, world) => not(architectures(values, world)),
  cpu_count: values => atLeast(values, 'cpu_count', 'CPU count', machine => machine.cpuCount),
  mem: values => atLeast(values, 'mem', 'memory', machine => machine.memoryMib),
  cpu_speed: values => atLeast(values, 'cpu_speed', 'CPU speed', machine => machine.cpuSpeedMhz),
  link_speed: values => atLeast(values, 'link_speed', 'link speed', () => 0),
  storage: values => diskSizes(values),
  devices: () => none,
  pod: () => () => false,
  not_pod: () => none,
  pod_type: () => () => false,
  not_pod_type: () => none,
  ...networkFilters,
};

const listOnly: Record<string, Filter> = {
  id: values => oneOf(values, machine => machine.id),
  not_id: values => not(oneOf(values, machine => machine.id)),
  system_id: values => oneOf(values, machine => machine.id),
  hostname: values => oneOf(values, machine => machine.hostname),
  not_hostname: values => not(oneOf(values, machine => machine.hostname)),
  mac_address: values => macs(values),
  domain: (values, world) => oneOf(values, machine => domainName(world, machine)),
  not_domain: (values, world) => not(oneOf(values, machine => domainName(world, machine))),
  agent_name: values => oneOf(values, machine => machine.agentName),
  not_agent_name: values => not(oneOf(values, machine => machine.agentName)),
  status: values => oneOf(statuses(values, 'status'), machine => machine.status),
  not_status: values => not(oneOf(statuses(values, 'not_status'), machine => machine.status)),
  simple_status: () => {
    throw new Error("Cannot resolve keyword 'simple_status' into field.");
  },
  power_state: values => oneOf(choices(values, 'power_state', powers), machine => machine.powerState),
  not_power_state: values =>
    not(oneOf(choices(values, 'not_power_state', powers), machine => machine.powerState)),
  owner: values => oneOf(values, machine => machine.owner ?? ''),
  not_owner: values => not(oneOf(values, machine => machine.owner ?? '')),
};

/** Filters that came later than the oldest version spoken. Before, a form refused them. */
const since33 = ['system_id', 'not_status', 'power_state', 'not_power_state', 'owner', 'not_owner', 'not_id'];

const allocateOnly: Record<string, Filter> = {
  name: (values, world) => machine =>
    values.some(
      name => name === machine.hostname || name === `${machine.hostname}.${domainName(world, machine)}`,
    ),
  system_id: values => oneOf(values, machine => machine.id),
};

/** Whether a machine passes all filters of a list request. 400 for an unknown filter or value. */
export function listTest(world: World, params: Params): Test {
  const old = speaksAtLeast(world, 3, 3) ? [] : since33;
  const form = new Map(Object.entries({ ...shared, ...listOnly }).filter(([name]) => !old.includes(name)));
  if (speaksAtLeast(world, 3, 5)) form.set('deployment_target', deploymentTarget);
  return testOf(form, world, params);
}

/** Whether a machine can be allocated for these constraints; whoever asks adds status and visibility. */
export function allocateTest(world: World, params: Params): Test {
  return testOf(new Map(Object.entries({ ...shared, ...allocateOnly })), world, params);
}

function testOf(form: ReadonlyMap<string, Filter>, world: World, params: Params): Test {
  const names = params.names();
  const unknown = names.filter(name => !form.has(name));
  if (unknown.length > 0)
    throw invalid(Object.fromEntries(unknown.map(name => [name, 'No such constraint.'])));
  const tests = names.flatMap(name => {
    const values = params.all(name).filter(value => value !== '');
    const filter = form.get(name);
    return filter && values.length > 0 ? [filter(values, world, params)] : [];
  });
  return machine => tests.every(test => test(machine));
}

const deploymentTarget: Filter = values => machine =>
  values.includes(machine.ephemeralDeploy ? 'deployed_in_memory' : 'deployed');

function oneOf<T>(values: readonly T[], of: (machine: MachineRecord) => T): Test {
  const wanted = new Set(values);
  return machine => wanted.has(of(machine));
}

function not(test: Test): Test {
  return machine => !test(machine);
}

function domainName(world: World, machine: MachineRecord): string {
  return world.domains.get(machine.domainId)?.name ?? '';
}

/** Tags may also come in one value with commas or spaces. */
function knownTags(values: string[], world: World): string[] {
  const tags = values.flatMap(value => value.split(/[\s,]+/)).filter(tag => tag !== '');
  const unknown = tags.filter(tag => !world.tags.get(tag));
  if (unknown.length === 0) return tags;
  throw invalid({ tags: `No such tag(s): ${unknown.map(tag => `'${tag}'`).join(', ')}.` });
}

function knownIds(values: string[], known: Iterable<NamedRecord>, kind: string, field = kind): number[] {
  const ids = new Map([...known].map(record => [record.name, record.id]));
  const unknown = values.filter(value => !ids.has(value));
  if (unknown.length > 0) throw invalid({ [field]: `No such ${kind}(s): ${unknown.join(', ')}.` });
  return values.flatMap(value => ids.get(value) ?? []);
}

const architectureNames = new Set(['amd64', 'arm64', 'armhf', 'i386', 'ppc64el', 's390x']);

function architectures(values: string[], world: World): Test {
  const full = new Set([...world.machines.values()].map(machine => machine.architecture));
  const known = (value: string) => full.has(value) || architectureNames.has(value.replace(/\/generic$/, ''));
  if (!values.every(known)) throw invalid({ arch: 'Architecture not recognised.' });
  return machine =>
    values.some(value => machine.architecture === value || machine.architecture.startsWith(`${value}/`));
}

function atLeast(
  values: string[],
  field: string,
  what: string,
  of: (machine: MachineRecord) => number,
): Test {
  const wanted = Number(values.at(-1));
  if (!Number.isFinite(wanted)) throw invalid({ [field]: `Invalid ${what}: number required.` });
  return machine => of(machine) >= wanted;
}

/** `root:50(ssd),data:100`: sizes in GB, the first is the root disk. Disk tags do not exist in the lab. */
function diskSizes(values: string[]): Test {
  const wanted = values
    .join(',')
    .split(/,(?![^(]*\))/)
    .map(text => {
      const match = /^(?:[\w.-]+:)?(\d+(?:\.\d+)?)(\([^)]*\))?$/.exec(text.trim());
      if (!match) throw invalid({ storage: `Malformed storage constraint, "${values.join(',')}".` });
      return { bytes: Number(match[1]) * 1e9, tagged: (match[2] ?? '()') !== '()' };
    });
  return machine =>
    wanted.length <= machine.disks.length &&
    wanted.every(({ bytes, tagged }, index) => !tagged && (machine.disks[index]?.sizeBytes ?? 0) >= bytes);
}

function macs(values: string[]): Test {
  for (const value of values) {
    if (!/^([0-9a-f]{1,2}[:-]){5}[0-9a-f]{1,2}$/i.test(value)) {
      throw invalid({ mac_address: `'${value}' is not a valid MAC address.` });
    }
  }
  const wanted = new Set(values.map(value => value.toLowerCase()));
  return machine => machine.nics.some(nic => wanted.has(nic.mac));
}

const powers = ['on', 'off', 'unknown', 'error'];

function statuses(values: string[], field: string): MachineStatus[] {
  return choices(values, field, Object.keys(machineStatuses)) as MachineStatus[];
}

function choices(values: string[], field: string, allowed: readonly string[]): string[] {
  const wrong = values.find(value => !allowed.includes(value));
  if (wrong === undefined) return values;
  throw invalid({
    [field]: `'${wrong}' is not a valid ${field}.  It should be one of: '${allowed.join("', '")}'.`,
  });
}

/** Every name that `allocate` takes besides the filters. */
export const allocateOptions = [
  'agent_name',
  'comment',
  'bridge_all',
  'bridge_type',
  'bridge_stp',
  'bridge_fd',
  'dry_run',
  'verbose',
] as const;

export function unknownMachines(ids: readonly string[]): Error {
  return badRequest(`Unknown machine(s): ${ids.join(', ')}.`);
}
