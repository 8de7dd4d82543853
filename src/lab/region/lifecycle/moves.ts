import { type MachineStatus, machineStatuses, mayMove } from '../../../maas/status.ts';
import type { PowerState } from '../../machines/driver.ts';
import { conflict } from '../http/errors.ts';
import type { MachineRecord, UserRecord } from '../state/records.ts';
import { save, type World } from '../state/world.ts';

/** Moves a machine to another status when MAAS allows that; 409 otherwise. */
export function move(world: World, machine: MachineRecord, to: MachineStatus, remark = ''): void {
  if (!mayMove(machine.status, to)) {
    throw conflict(`Invalid transition: ${nameOf(machine.status)} -> ${nameOf(to)}.`);
  }
  const description = `From '${nameOf(machine.status)}' to '${nameOf(to)}'${remark}`;
  world.events.add(machine, 'DEBUG', 'Node changed status', description);
  machine.statusBefore = machine.status;
  machine.status = to;
  machine.deadlineMs = null;
  save(world, machine);
}

export function nameOf(status: MachineStatus): string {
  return machineStatuses[status].name;
}

/** What a person did, as the DEBUG event that MAAS keeps of it. */
export function noteRequest(
  world: World,
  machine: MachineRecord,
  user: UserRecord,
  type: string,
  comment?: string,
): void {
  const description = comment ? `(${user.username}) - ${comment}` : `(${user.username})`;
  world.events.add(machine, 'DEBUG', type, description, { username: user.username });
}

/** The power of a machine is now known to be this. */
export function setPower(world: World, machine: MachineRecord, state: PowerState): void {
  if (machine.powerState === state) return;
  machine.powerState = state;
  if (state === 'on' || state === 'off') world.events.add(machine, 'DEBUG', `Node powered ${state}`);
  save(world, machine);
}

/** Marks a machine failed from what it was doing, with the event that people see. */
export function markFailed(world: World, machine: MachineRecord, to: MachineStatus, reason: string): void {
  world.work.replace(machine.id);
  move(world, machine, to);
  machine.errorDescription = reason;
  world.events.add(machine, 'ERROR', 'Marking node failed', reason, { action: 'mark_failed' });
  save(world, machine);
}

/** Gives the machine's address and everything that belonged to the owner back. */
export function forgetOwner(world: World, machine: MachineRecord): void {
  machine.owner = null;
  machine.agentName = '';
  machine.annotations = {};
  machine.userData = null;
  machine.deployment = null;
  machine.locked = false;
  machine.netboot = true;
  freeAddress(machine);
  forgetSystem(machine);
  save(world, machine);
}

/** The operating system that was on the machine is not there any more. */
export function forgetSystem(machine: MachineRecord): void {
  machine.osystem = '';
  machine.distroSeries = '';
  machine.hweKernel = null;
  machine.installationResultId = null;
  machine.ephemeralDeploy = false;
  machine.enableHwSync = false;
}

export function freeAddress(machine: MachineRecord): void {
  machine.lastAddress = machine.address ?? machine.lastAddress;
  machine.address = null;
}
