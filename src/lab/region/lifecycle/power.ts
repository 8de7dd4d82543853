import { reasonOf } from '../../../core/errors.ts';
import type { PowerState } from '../../machines/driver.ts';
import { conflict, unavailable } from '../http/errors.ts';
import type { MachineRecord, UserRecord } from '../state/records.ts';
import { forDriver, type World } from '../state/world.ts';
import { noteRequest, setPower } from './moves.ts';

/** Whether the region can switch and query the power of this machine. */
export function isSwitchable(machine: MachineRecord): boolean {
  return machine.powerType !== 'manual' && machine.powerType !== '';
}

/** Switches a machine on after the answer; an allocated one is deployed instead, by the caller. */
export function requestPowerOn(
  world: World,
  machine: MachineRecord,
  user: UserRecord,
  comment?: string,
): void {
  if (machine.owner === null) throw conflict("Can't start node: it hasn't been allocated.");
  noteRequest(world, machine, user, 'User powering up node', comment);
  if (!isSwitchable(machine)) return;
  world.work.queue(machine.id, async () => {
    if (world.closing) return;
    world.events.add(machine, 'INFO', 'Powering on');
    try {
      await world.driver.powerOn(forDriver(machine));
      setPower(world, machine, 'on');
    } catch (error) {
      world.events.add(machine, 'ERROR', 'Failed to power on node', reasonOf(error));
    }
  });
}

/** Switches a machine off after the answer, whatever is being done to it. */
export function requestPowerOff(
  world: World,
  machine: MachineRecord,
  user: UserRecord,
  how: { mode: 'soft' | 'hard'; comment: string | undefined },
): void {
  noteRequest(world, machine, user, 'User powering down node', how.comment);
  if (!isSwitchable(machine)) return;
  // A machine whose installation loses its power stays Deploying until its time is over.
  world.work.replace(machine.id);
  world.work.interrupt(
    machine.id,
    () => switchOff(world, machine, how.mode),
    async () => {},
  );
}

/** Cuts the power now. Answers whether that worked; when not, an event says why. */
export async function switchOff(
  world: World,
  machine: MachineRecord,
  mode: 'soft' | 'hard' = 'hard',
): Promise<boolean> {
  if (!isSwitchable(machine)) return true;
  world.events.add(machine, 'INFO', 'Powering off');
  try {
    await world.driver.powerOff(forDriver(machine), mode);
    setPower(world, machine, 'off');
    return true;
  } catch (error) {
    world.events.add(machine, 'ERROR', 'Failed to power off node', reasonOf(error));
    return false;
  }
}

/** Asks the driver for the power state now. 503 when it cannot tell. */
export async function queryPower(world: World, machine: MachineRecord): Promise<PowerState> {
  if (!isSwitchable(machine)) return 'unknown';
  try {
    const state = await world.driver.powerState(forDriver(machine));
    setPower(world, machine, state);
    return state;
  } catch (error) {
    setPower(world, machine, 'error');
    world.events.add(machine, 'WARNING', "Failed to query node's BMC", reasonOf(error));
    throw unavailable(`Failed to query node's BMC: ${reasonOf(error)}`);
  }
}
