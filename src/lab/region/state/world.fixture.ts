import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSimulatedDriver } from '../../machines/simulated/driver.ts';
import { openWorld, type World } from './world.ts';

/** A region's world without machines, in a folder of its own. */
export function openTestWorld(timeScale = 1): { world: World; remove(): Promise<void> } {
  const stateDir = mkdtempSync(path.join(tmpdir(), 'coldstart-world-'));
  const world = openWorld({
    stateDir,
    timeScale,
    driver: createSimulatedDriver({ seed: 'test', timeScale }),
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
  return {
    world,
    async remove() {
      await world.store.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
