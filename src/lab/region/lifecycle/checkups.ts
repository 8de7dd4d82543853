import type { MachineStatus } from '../../../maas/status.ts';
import { conflict, invalid } from '../http/errors.ts';
import { commissionNetwork } from '../state/genesis.ts';
import type { MachineRecord, UserRecord } from '../state/records.ts';
import { later, nextNumber, save, type World } from '../state/world.ts';
import { startDeadline } from './deadlines.ts';
import { move, nameOf, noteRequest } from './moves.ts';

/**
 * Commissioning, testing and rescue mode. The lab has no ephemeral system to boot for them, so only the status
 * moves, after a short time; power is left alone.
 */
const checkupMs = 20_000;

const commissionable: ReadonlySet<MachineStatus> = new Set([
  'new',
  'ready',
  'broken',
  'failed_commissioning',
  'failed_testing',
]);

export function commission(world: World, machine: MachineRecord, user: UserRecord): void {
  if (!commissionable.has(machine.status)) {
    throw invalid({ __all__: 'Commission is not available because of the current state of the node.' });
  }
  noteRequest(world, machine, user, 'User starting node commissioning');
  move(world, machine, 'commissioning');
  world.events.add(machine, 'INFO', 'Commissioning');
  startDeadline(world, machine);
  goThroughCheckup(world, machine);
}

export function test(world: World, machine: MachineRecord, user: UserRecord): void {
  noteRequest(world, machine, user, 'User starting node testing');
  move(world, machine, 'testing');
  world.events.add(machine, 'INFO', 'Testing');
  startDeadline(world, machine);
  goThroughCheckup(world, machine);
}

export function enterRescue(world: World, machine: MachineRecord, user: UserRecord): void {
  noteRequest(world, machine, user, 'User starting rescue mode');
  move(world, machine, 'entering_rescue_mode');
  world.events.add(machine, 'INFO', 'Entering rescue mode');
  startDeadline(world, machine);
  goThroughCheckup(world, machine);
}

export function exitRescue(world: World, machine: MachineRecord, user: UserRecord): void {
  noteRequest(world, machine, user, 'User stopping rescue mode');
  moveKeepingOrigin(world, machine, 'exiting_rescue_mode');
  startDeadline(world, machine);
  goThroughCheckup(world, machine);
}

/** How each ends when nothing goes wrong; `statusBefore` is the status that it began from. */
const endings: Partial<Record<MachineStatus, (world: World, machine: MachineRecord) => void>> = {
  commissioning(world, machine) {
    machine.commissioningResultId = nextNumber(world, 'scriptSet');
    if (machine.cpuCount === 0) machine.cpuCount = 1;
    if (machine.memoryMib === 0) machine.memoryMib = 1024;
    commissionNetwork(world, machine);
    move(world, machine, 'ready');
    world.events.add(machine, 'INFO', 'Ready');
  },
  testing: (world, machine) => move(world, machine, machine.statusBefore),
  entering_rescue_mode(world, machine) {
    moveKeepingOrigin(world, machine, 'rescue_mode');
    world.events.add(machine, 'INFO', 'Rescue mode');
  },
  exiting_rescue_mode(world, machine) {
    move(world, machine, machine.statusBefore);
    world.events.add(machine, 'INFO', 'Exited rescue mode');
  },
};

/** Lets what the machine is going through end after a while; also called after a restart of the region. */
export function goThroughCheckup(world: World, machine: MachineRecord): void {
  const end = endings[machine.status];
  if (!end) return;
  const current = world.work.replace(machine.id);
  later(world, checkupMs / world.timeScale, () => {
    world.work.queue(machine.id, async () => {
      if (!world.closing && current() && world.machines.get(machine.id)) end(world, machine);
    });
  });
}

function moveKeepingOrigin(world: World, machine: MachineRecord, to: MachineStatus): void {
  const origin = machine.statusBefore;
  const from = machine.status;
  move(world, machine, to);
  machine.statusBefore = from === 'entering_rescue_mode' || from === 'rescue_mode' ? origin : from;
  save(world, machine);
}

/** Commissioning and testing go back to what was before; the change comes after the answer, as for every abort. */
export function abortCheckup(world: World, machine: MachineRecord, user: UserRecord, comment?: string): void {
  const what = machine.status === 'commissioning' ? 'commissioning' : 'testing';
  const to = machine.status === 'commissioning' ? 'new' : machine.statusBefore;
  noteRequest(world, machine, user, `User aborting ${what}`, comment);
  const current = world.work.replace(machine.id);
  world.work.queue(machine.id, async () => {
    if (!current()) return;
    move(world, machine, to);
    world.events.add(machine, 'INFO', `Aborted ${what}`);
  });
}

/** Broken → Deployed when it was deployed just before, else Ready. */
export function markFixed(world: World, machine: MachineRecord, user: UserRecord, comment?: string): void {
  if (machine.status !== 'broken') throw conflict("Can't mark a non-broken node as 'Ready'.");
  noteRequest(world, machine, user, 'User marking node fixed', comment);
  const wasDeployed = machine.statusBefore === 'deployed' && machine.osystem !== '';
  move(world, machine, wasDeployed ? 'deployed' : 'ready');
  machine.errorDescription = '';
  save(world, machine);
}

export function overrideFailedTesting(
  world: World,
  machine: MachineRecord,
  user: UserRecord,
  comment?: string,
): void {
  if (machine.status !== 'failed_testing') {
    throw conflict(
      `The node is not in the 'Failed testing' status but in '${nameOf(machine.status)}', so it cannot be overridden.`,
    );
  }
  noteRequest(world, machine, user, "User overrode 'Failed testing' status", comment);
  move(world, machine, machine.osystem === '' ? 'ready' : 'deployed');
}
