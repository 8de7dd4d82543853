import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createSimulatedDriver } from '../../machines/simulated/driver.ts';
import { openWorld } from './world.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test.each([
  ['as they are', 1, 300_000],
  ['faster', 10, 30_000],
  ['never so fast that a busy computer alone reaches them', 3000, 5_000],
])('limits pass %s', async (_, timeScale, limit) => {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'coldstart-world-'));
  folders.push(stateDir);
  const world = openWorld({
    stateDir,
    timeScale,
    driver: createSimulatedDriver({ seed: 'limits', timeScale }),
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
  expect(world.limitOf(300_000)).toBe(limit);
  await world.store.close();
});
