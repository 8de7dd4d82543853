import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { type Fault, isOf } from '../../src/lab/faults/fault.ts';
import { openFaultPlan, writeFaults } from '../../src/lab/faults/plan.ts';
import { createSimulatedDriver } from '../../src/lab/machines/simulated/driver.ts';
import { type LabOptions, labFleet, writeLabOptions } from '../../src/lab/options.ts';
import { writeLabRecord } from '../../src/lab/record.ts';
import type { Region } from '../../src/lab/region/options.ts';
import { createRegion } from '../../src/lab/region/region.ts';
import { serveRegion } from '../../src/lab/region/serve.ts';
import { openStandIns, type StandInOptions, type StandIns } from '../../src/lab/standins/stand-ins.ts';
import { startTicksOf } from '../../src/state/process.ts';

export interface WholeRoadOptions {
  count: number;
  timeScale: number;
  /** Of systems alone. */
  faults?: Fault[];
}

/** A simulated lab for the whole road in the process of the test, in a home of its own: cheap to begin with again and again. */
export interface WholeRoad {
  /** For COLDSTART_HOME. */
  home: string;
  region: Region;
  /** Systems and clusters as they are now. */
  look: StandIns['look'];
  /** Ends it and removes the home. */
  close(): Promise<void>;
}

export async function openWholeRoad({ count, timeScale, faults = [] }: WholeRoadOptions): Promise<WholeRoad> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-road-'));
  const labDir = path.join(home, 'lab');
  const lab: LabOptions = { machines: 'simulated', count, timeScale, wholeRoad: true, suite: 'bookworm' };
  const common = { seed: 'test', timeScale, stateDir: path.join(labDir, 'simulated') };
  if (faults.length > 0) writeFaults(labDir, { faults });
  const plan = openFaultPlan(labDir);
  const strikes: StandInOptions['strikes'] = (kind, machine) =>
    plan.strike(isOf(kind), machine) !== undefined;
  const standIns = await openStandIns({ ...common, strikes, log: () => {} });
  const driver = createSimulatedDriver({ ...common, systems: standIns.systems });
  const cidr = { cidr: '10.99.0.0/16', rangeStart: '10.99.1.1', rangeEnd: '10.99.254.254' };
  const region = await createRegion({
    stateDir: path.join(labDir, 'region'),
    driver,
    fleet: labFleet(lab),
    subnet: { ...cidr, gatewayIp: null, dnsServers: [] },
    metadataBase: 'http://127.0.0.1/MAAS/metadata',
    // The region's patience is real: a busy computer must not make it give up on a deployment.
    timeScale: 1,
  });
  const server = await serveRegion(region, { address: '127.0.0.1', port: 0 });
  await writeLabOptions(labDir, lab);
  await writeLabRecord(labDir, {
    ...lab,
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    url: server.url,
    apiKey: region.apiKey,
    standIns: standIns.programs,
    siteDefaults: { name: 'lab' },
    startedAt: new Date().toISOString(),
  });
  return {
    home,
    region,
    look: standIns.look,
    async close() {
      await server.close();
      await region.close();
      await standIns.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
