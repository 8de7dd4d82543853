import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { systemId } from '../../../core/ids.ts';
import type { DriverMachine, RegionHooks } from '../driver.ts';
import { type Curves, curvesOf2018, sample } from './curves.ts';
import { createSimulatedDriver, type SimulatedOptions } from './driver.ts';
import { simulatedFleet } from './fleet.ts';
import { seeded } from './random.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'coldstart-simulated-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('durations', () => {
  const parts: (keyof Curves)[] = [
    ...(['powerOff', 'wipe', 'powerOn', 'post', 'pxe', 'ephemeral', 'storage', 'image'] as const),
    ...(['configure', 'post', 'boot'] as const),
  ];
  const cycleMs = (seed: string) => {
    const random = seeded(seed);
    return parts.reduce((sum, part) => sum + sample(curvesOf2018[part], random), 0);
  };
  const slowestOfThree = (run: number) => Math.max(...[1, 2, 3].map(host => cycleMs(`${run}/${host}`)));

  test('of three hosts are like those of 2018: about 370 s, seldom much more', () => {
    const cycles = Array.from({ length: 500 }, (_, run) => slowestOfThree(run) / 1000).sort((a, b) => a - b);
    expect(cycles[250]).toBeGreaterThan(365);
    expect(cycles[250]).toBeLessThan(385);
    expect(cycles[5]).toBeGreaterThan(335);
    expect(cycles[495]).toBeGreaterThan(400);
  });

  test('are the same for the same seed, and others for another', () => {
    expect(cycleMs('a')).toBe(cycleMs('a'));
    expect(cycleMs('a')).not.toBe(cycleMs('b'));
  });

  test('come from numbers that are spread evenly', () => {
    const random = seeded('even');
    const numbers = Array.from({ length: 10_000 }, random);
    for (let tenth = 0; tenth < 10; tenth++) {
      const share = numbers.filter(number => Math.floor(number * 10) === tenth).length;
      expect(share).toBeGreaterThan(900);
      expect(share).toBeLessThan(1100);
    }
  });
});

describe('a fleet', () => {
  test('of thousands has names and addresses of its own, the same every time', () => {
    const fleet = simulatedFleet({ count: 5000, seed: 'x' });
    expect(new Set(fleet.map(machine => machine.mac)).size).toBe(5000);
    expect(fleet[0]).toMatchObject({ hostname: 'sim-0001', tags: ['k8s-master'] });
    expect(fleet[4999]).toMatchObject({ hostname: 'sim-5000', tags: ['k8s-node'] });
    expect(simulatedFleet({ count: 5000, seed: 'x' })).toEqual(fleet);
  });
});

const machine: DriverMachine = {
  id: systemId('abc123'),
  hostname: 'sim-001',
  mac: '52:54:00:00:00:01',
  address: '10.0.0.1',
};
const deployment = {
  image: 'debian/bookworm',
  metadataUrl: '',
  reportUrl: '',
  userData: '',
  token: { consumerKey: '', tokenKey: '', tokenSecret: '' },
};

function driverWith(options: Partial<SimulatedOptions> = {}) {
  const heard: string[] = [];
  const hooks: RegionHooks = {
    powerChanged: (_, state) => heard.push(state),
    event: (_, type) => heard.push(type),
    cloudInit: (_, name) => heard.push(name),
    userDataFetched: () => heard.push('user data'),
    addressChanged: () => heard.push('address'),
    deploymentFailed: (_, reason) => heard.push(reason),
  };
  const driver = createSimulatedDriver({ seed: 's', timeScale: 10_000, ...options });
  return { driver, heard, started: driver.start(hooks) };
}

describe('a simulated machine', () => {
  test('goes through a deployment and asks for its user data', async () => {
    const { driver, heard, started } = driverWith();
    await started;
    await driver.deploy(machine, deployment);
    await expect.poll(() => heard.at(-1)).toBe('user data');
    expect(heard).toEqual([
      'on',
      'Performing PXE boot',
      'Loading ephemeral',
      'Configuring storage',
      'Installing OS',
      'Configuring OS',
      'Rebooting',
      'init-network/check-cache',
      'user data',
    ]);
    expect(await driver.powerState(machine)).toBe('on');
    await driver.stop();
  });

  test('ends its deployment when the power is cut', async () => {
    const { driver, started } = driverWith({ timeScale: 100 });
    await started;
    const outcome = driver.deploy(machine, deployment).catch((error: unknown) => error);
    await expect.poll(() => driver.powerState(machine)).toBe('on');
    await driver.powerOff(machine, 'hard');
    expect(await outcome).toMatchObject({ message: 'the power was cut' });
    expect(await driver.powerState(machine)).toBe('off');
    await driver.stop();
  });

  test('is on or off as it was after a restart', async () => {
    const stateDir = path.join(folder, 'restart');
    const first = driverWith({ stateDir });
    await first.started;
    await first.driver.powerOn(machine);
    await first.driver.stop();
    const second = driverWith({ stateDir });
    await second.started;
    expect(await second.driver.powerState(machine)).toBe('on');
    await second.driver.stop();
  });
});
