import { canEdit, canSee, requireAdmin } from '../auth/access.ts';
import { conflict, forbidden, invalid } from '../http/errors.ts';
import type { Params } from '../http/params.ts';
import type { Call, Resource } from '../http/resource.ts';
import { acquire } from '../lifecycle/deploy.ts';
import { nameOf } from '../lifecycle/moves.ts';
import { eraseByDefault, releasable, release } from '../lifecycle/release.ts';
import type { MachineRecord } from '../state/records.ts';
import { pause, save } from '../state/world.ts';
import { machineViewer, viewMachine } from '../views/machine.ts';
import { createMachine } from './create-machine.ts';
import { allocateOptions, allocateTest, listTest, unknownMachines } from './filters.ts';

/** All machines: `machines/`. */
export const machines: Resource = {
  name: 'Machines',
  read: list,
  create: createMachine,
  get: {
    is_registered: isRegistered,
    list_allocated: listAllocated,
    power_parameters: powerParameters,
  },
  post: { allocate, release: releaseMany, set_zone: setZone, accept: () => [], accept_all: () => [] },
  anonymous: { name: 'AnonMachines', create: createMachine, get: { is_registered: isRegistered } },
};

async function list(call: Call): Promise<unknown> {
  const test = listTest(call.world, call.query);
  return show(
    call,
    [...call.world.machines.values()].filter(machine => canSee(call.user, machine) && test(machine)),
  );
}

/** A real region spends time on every machine of a list, one list after the other, which makes long lists dear. */
export async function show({ world }: Call, machines: MachineRecord[]): Promise<unknown> {
  const perMachineMs = world.options.cost?.perMachineListMs ?? 0;
  if (perMachineMs > 0) {
    world.listing = world.listing.then(() => pause(world, perMachineMs * machines.length));
    await world.listing;
  }
  return machines.map(machineViewer(world));
}

function isRegistered(call: Call): boolean {
  const mac = call.query.mandatory('mac_address').toLowerCase();
  return [...call.world.machines.values()].some(machine => machine.nics.some(nic => nic.mac === mac));
}

function listAllocated(call: Call): Promise<unknown> {
  const ids = call.query.all('id');
  const mine = [...call.world.machines.values()].filter(
    machine => machine.owner === call.user.username && (ids.length === 0 || ids.includes(machine.id)),
  );
  return show(call, mine);
}

function powerParameters(call: Call): unknown {
  requireAdmin(call);
  const ids = call.query.all('id');
  const wanted = [...call.world.machines.values()].filter(
    machine => ids.length === 0 || ids.includes(machine.id),
  );
  return Object.fromEntries(wanted.map(machine => [machine.id, machine.powerParameters]));
}

function allocate(call: Call): unknown {
  if (call.isObject) throw new Error("'dict' object has no attribute 'lists'");
  const constraints = call.form.without(...allocateOptions);
  const test = allocateTest(call.world, constraints);
  let cheapest: MachineRecord | undefined;
  for (const machine of call.world.machines.values()) {
    const isFree = machine.status === 'ready' && machine.owner === null && test(machine);
    if (isFree && !(cheapest && priceOf(cheapest) <= priceOf(machine))) cheapest = machine;
  }
  if (!cheapest) throw conflict(nothingMatches(constraints));
  if (!call.form.bool('dry_run')) {
    acquire(call.world, cheapest, call.user, call.form.one('comment'));
    cheapest.agentName = call.form.one('agent_name') ?? '';
    save(call.world, cheapest);
  }
  const verbose = call.form.bool('verbose') ? { verbose_storage: {}, verbose_interfaces: {} } : {};
  return { ...viewMachine(call.world, cheapest), constraints_by_type: verbose };
}

function priceOf(machine: MachineRecord): number {
  return machine.cpuCount + machine.memoryMib / 1024;
}

function nothingMatches(constraints: Params): string {
  const systemId = constraints.one('system_id');
  if (systemId) return `No machine with system ID ${systemId} available.`;
  const names = constraints.names();
  if (names.length === 0) return 'No machine available.';
  const given = names.map(
    name =>
      `('${name}', [${constraints
        .all(name)
        .map(value => `'${value}'`)
        .join(', ')}])`,
  );
  const resolved = names.map(name => `${name}=${constraints.all(name).join(',')}`).join(' ');
  return `No available machine matches constraints: [${given.join(', ')}] (resolved to "${resolved}")`;
}

/** All or none: the first thing that is wrong stops it before anything is done. */
function releaseMany(call: Call): string[] {
  const ids = [...new Set(call.form.all('machines'))];
  const found = ids.map(id => call.world.machines.get(id));
  const unknown = ids.filter((_, index) => !found[index]);
  if (unknown.length > 0) throw unknownMachines(unknown);
  const machines = found.filter(machine => machine !== undefined);
  const barred = machines.filter(machine => !canEdit(call.user, machine));
  if (barred.length > 0) {
    const names = barred.map(machine => machine.id).join(', ');
    throw forbidden(`You don't have the required permission to release the following machine(s): ${names}.`);
  }
  const wrong = machines.filter(
    machine => machine.status !== 'ready' && !releasable.includes(machine.status),
  );
  if (wrong.length > 0) {
    const states = wrong.map(machine => `${machine.id} ('${nameOf(machine.status)}')`).join(', ');
    throw conflict(`Machine(s) cannot be released in their current state: ${states}.`);
  }
  const busy = machines.filter(machine => machine.status !== 'ready');
  const erase = eraseByDefault(call.world);
  for (const machine of busy)
    release(call.world, machine, call.user, { comment: call.form.one('comment'), erase });
  return busy.map(machine => machine.id);
}

function setZone(call: Call): null {
  requireAdmin(call);
  const name = call.form.field('zone');
  const zone = [...call.world.zones.values()].find(known => known.name === name);
  if (!zone)
    throw invalid({ zone: 'Select a valid choice. That choice is not one of the available choices.' });
  for (const id of call.form.all('nodes')) {
    const machine = call.world.machines.get(id);
    if (!machine) continue;
    machine.zoneId = zone.id;
    save(call.world, machine);
  }
  return null;
}
