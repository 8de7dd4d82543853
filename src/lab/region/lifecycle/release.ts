import { reasonOf } from '../../../core/errors.ts';
import type { MachineStatus } from '../../../maas/status.ts';
import type { EraseKind } from '../../machines/driver.ts';
import { conflict, forbidden } from '../http/errors.ts';
import type { MachineRecord, UserRecord } from '../state/records.ts';
import { forDriver, save, type World } from '../state/world.ts';
import { startDeadline } from './deadlines.ts';
import { forgetOwner, forgetSystem, markFailed, move, nameOf, noteRequest } from './moves.ts';
import { isSwitchable, switchOff } from './power.ts';

/** Statuses that `release` accepts: https://github.com/canonical/maas/blob/3.4/src/maasserver/enum.py */
export const releasable: readonly MachineStatus[] = [
  'allocated',
  'reserved',
  'broken',
  'deploying',
  'deployed',
  'failed_deployment',
  'failed_disk_erasing',
  'failed_releasing',
];

/** Releases one machine: done within the call when it is off, else Releasing until the power is off. */
export function release(
  world: World,
  machine: MachineRecord,
  user: UserRecord,
  wish: { comment: string | undefined; erase: EraseKind | undefined },
): void {
  if (machine.status === 'ready' || machine.status === 'releasing') return;
  if (!releasable.includes(machine.status)) {
    throw conflict(`Machine cannot be released in its current state ('${nameOf(machine.status)}').`);
  }
  noteRequest(world, machine, user, 'User releasing node', wish.comment);
  if (wish.erase) {
    move(world, machine, 'disk_erasing');
    machine.erasing = wish.erase;
    erase(world, machine);
    return;
  }
  const from = machine.status;
  const hadSystem = machine.osystem !== '';
  move(world, machine, 'releasing');
  world.events.add(machine, 'INFO', 'Releasing');
  forgetSystem(machine);
  save(world, machine);
  if (machine.powerState === 'off' || !isSwitchable(machine)) releaseNow(world, machine, hadSystem);
  else powerOffAndRelease(world, machine, from);
}

function releaseNow(world: World, machine: MachineRecord, hadSystem: boolean): void {
  world.work.replace(machine.id);
  endRelease(world, machine);
  if (!hadSystem) return;
  world.work.interrupt(
    machine.id,
    async () => true,
    () =>
      world.driver.wipe(forDriver(machine)).catch((error: unknown) => {
        world.events.add(machine, 'WARNING', 'Failed to wipe the disks', reasonOf(error));
      }),
  );
}

/** Also called for a release that a restart of the region has cut short. */
export function powerOffAndRelease(world: World, machine: MachineRecord, from: MachineStatus): void {
  if (machine.deadlineMs === null) startDeadline(world, machine);
  const current = world.work.replace(machine.id);
  const cutPower = async () => {
    const isOff = await switchOff(world, machine);
    // A power command that fails puts the machine back to what it was.
    if (!isOff && !world.closing && current())
      move(world, machine, from === 'deploying' ? 'failed_deployment' : from);
    return isOff;
  };
  world.work.interrupt(machine.id, cutPower, async () => {
    if (world.closing || !current()) return;
    const problem = await wipe(world, machine);
    if (world.closing || !current()) return;
    if (problem) markFailed(world, machine, 'failed_releasing', problem);
    else endRelease(world, machine);
  });
}

/** Which way of erasing a release asks for: https://github.com/canonical/maas/blob/3.4/src/maasserver/api/machines.py */
export function eraseKindOf({ secure, quick }: { secure: boolean; quick: boolean }): EraseKind {
  if (secure) return 'secure';
  return quick ? 'quick' : 'full';
}

/** What the settings of the region add to every release; undefined without `enable_disk_erasing_on_release`. */
export function eraseByDefault({ config }: World): EraseKind | undefined {
  const isOn = (name: string) => config.get(name)?.value === true;
  if (!isOn('enable_disk_erasing_on_release')) return undefined;
  const [secure, quick] = [isOn('disk_erase_with_secure_erase'), isOn('disk_erase_with_quick_erase')];
  return eraseKindOf({ secure, quick });
}

/**
 * Disk erasing → Releasing → Ready: the machine is power-cycled into a system of its own that erases, and then switched
 * off. Also called for an erasure that a restart has cut short.
 */
export function erase(world: World, machine: MachineRecord): void {
  const current = world.work.replace(machine.id);
  const cutPower = async () => machine.powerState === 'off' || switchOff(world, machine);
  world.work.interrupt(machine.id, cutPower, async () => {
    if (world.closing || !current()) return;
    const problem = await eraseDisks(world, machine);
    if (world.closing || !current()) return;
    if (problem) {
      markFailed(world, machine, 'failed_disk_erasing', problem);
      return;
    }
    world.events.add(machine, 'INFO', 'Disks erased');
    move(world, machine, 'releasing');
    await switchOff(world, machine);
    endRelease(world, machine);
  });
}

async function eraseDisks(world: World, machine: MachineRecord): Promise<string | undefined> {
  try {
    if (world.driver.erase) world.events.add(machine, 'INFO', 'Powering on');
    await world.driver.erase?.(forDriver(machine), machine.erasing ?? 'full');
    await world.driver.wipe(forDriver(machine));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    machine.erasing = null;
  }
}

async function wipe(world: World, machine: MachineRecord): Promise<string | undefined> {
  try {
    await world.driver.wipe(forDriver(machine));
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/** A machine that was never commissioned goes back to New. */
function endRelease(world: World, machine: MachineRecord): void {
  forgetOwner(world, machine);
  machine.errorDescription = '';
  move(world, machine, machine.commissioningResultId === null ? 'new' : 'ready');
  world.events.add(machine, 'INFO', 'Released');
}

/** Broken, by its owner: what it was used for ends first. */
export function markBroken(world: World, machine: MachineRecord, user: UserRecord, comment = ''): void {
  if (machine.owner !== user.username) throw forbidden();
  noteRequest(world, machine, user, 'User marking node broken', comment);
  if (releasable.includes(machine.status)) {
    move(world, machine, 'releasing');
    world.events.add(machine, 'INFO', 'Releasing');
    world.work.replace(machine.id);
    endRelease(world, machine);
    const cutPower = async () => machine.powerState !== 'on' || switchOff(world, machine);
    world.work.interrupt(machine.id, cutPower, async () => void (await wipe(world, machine)));
  }
  move(world, machine, 'broken');
  machine.errorDescription = comment;
  save(world, machine);
}
