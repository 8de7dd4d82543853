import { ColdstartError } from '../../../core/errors.ts';
import type { SystemId } from '../../../core/ids.ts';
import type { MachineStatus } from '../../../maas/status.ts';
import type { MachineRecord } from '../state/records.ts';
import { later, save, type World } from '../state/world.ts';
import { markFailed, nameOf } from './moves.ts';

/** What a machine becomes when nothing is heard of it for too long. */
const failedAfter: Partial<Record<MachineStatus, MachineStatus>> = {
  deploying: 'failed_deployment',
  commissioning: 'failed_commissioning',
  testing: 'failed_testing',
  entering_rescue_mode: 'failed_entering_rescue_mode',
  exiting_rescue_mode: 'failed_exiting_rescue_mode',
  releasing: 'failed_releasing',
};

const fixedMinutes = 5;

/** Minutes after which the region gives up on a status: `node_timeout`, or five for those that only switch power. */
function minutesFor(world: World, status: MachineStatus): number {
  if (status === 'releasing' || status === 'exiting_rescue_mode') return fixedMinutes;
  const minutes = Number(world.config.get('node_timeout')?.value ?? 30);
  return Number.isFinite(minutes) && minutes > 0 ? minutes : 30;
}

/** Starts the limit for the status that the machine is in; heard from again, it starts anew. */
export function startDeadline(world: World, machine: MachineRecord): void {
  const minutes = minutesFor(world, machine.status);
  machine.deadlineMs = world.clock.now() + world.limitOf(minutes * 60_000);
  save(world, machine);
  watchDeadline(world, machine.id, machine.deadlineMs);
}

/** Waits for a limit that is already kept, as after a restart of the region. */
export function watchDeadline(world: World, id: SystemId, deadlineMs: number): void {
  later(world, deadlineMs - world.clock.now(), () => {
    const machine = world.machines.get(id);
    if (!world.closing && machine?.deadlineMs === deadlineMs) timeOut(world, machine);
  });
}

function timeOut(world: World, machine: MachineRecord): void {
  const to = failedAfter[machine.status];
  if (!to) throw new ColdstartError('BUG', `the status ${machine.status} of ${machine.id} has no time limit`);
  const minutes = minutesFor(world, machine.status);
  markFailed(
    world,
    machine,
    to,
    `Node operation '${nameOf(machine.status)}' timed out after ${minutes} minutes.`,
  );
}
