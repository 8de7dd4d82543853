import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type MachineStatus, machineStatuses, mayMove } from '../../../maas/status.ts';
import { createSimulatedDriver } from '../../machines/simulated/driver.ts';
import { ApiError } from '../http/errors.ts';
import { addFleet, createFirstState } from '../state/genesis.ts';
import { machineOf, openWorld } from '../state/world.ts';
import { move, nameOf } from './moves.ts';

const stateDir = mkdtempSync(path.join(tmpdir(), 'coldstart-moves-'));
const world = openWorld({
  stateDir,
  driver: createSimulatedDriver({ seed: 'moves', timeScale: 1 }),
  fleet: [],
  subnet: {
    cidr: '10.77.0.0/24',
    gatewayIp: null,
    dnsServers: [],
    rangeStart: '10.77.0.10',
    rangeEnd: '10.77.0.20',
  },
  metadataBase: 'http://127.0.0.1/MAAS/metadata',
});
createFirstState(world);
afterAll(async () => {
  await world.store.close();
  rmSync(stateDir, { recursive: true, force: true });
});
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
