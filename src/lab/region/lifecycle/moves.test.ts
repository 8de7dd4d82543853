import { afterAll, describe, expect, test } from 'vitest';
import { type MachineStatus, machineStatuses, mayMove } from '../../../maas/status.ts';
import { ApiError } from '../http/errors.ts';
import { addFleet, createFirstState } from '../state/genesis.ts';
import { openTestWorld } from '../state/world.fixture.ts';
import { machineOf } from '../state/world.ts';
import { move, nameOf } from './moves.ts';

const { world, remove } = openTestWorld();
createFirstState(world);
afterAll(remove);
const statuses = Object.keys(machineStatuses) as MachineStatus[];

describe.each(statuses)('from %s', from => {
  test.each(statuses)('to %s: as the table says', to => {
    const machine = machineWith(from);
    const outcome = attempt(() => move(world, machine, to));
    const isLegal = mayMove(from, to);
    expect(machine.status).toBe(isLegal ? to : from);
    expect(outcome).toEqual(
      isLegal ? 'moved' : { status: 409, message: `Invalid transition: ${nameOf(from)} -> ${nameOf(to)}.` },
    );
  });
});

function machineWith(status: MachineStatus) {
  const [id] = addFleet(world, [
    { hostname: 'm', mac: '52:54:00:00:00:01', tags: [], cpuCount: 1, memoryMib: 1, diskBytes: 1 },
  ]);
  if (!id) throw new Error('no machine was added');
  const machine = machineOf(world, id);
  machine.status = status;
  return machine;
}

function attempt(run: () => void): unknown {
  try {
    run();
    return 'moved';
  } catch (error) {
    return error instanceof ApiError ? { status: error.status, message: error.message } : error;
  }
}
