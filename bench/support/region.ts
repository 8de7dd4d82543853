import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createSimulatedDriver, type SimulatedOptions } from '../../src/lab/machines/simulated/driver.ts';
import { simulatedFleet, simulatedSubnet } from '../../src/lab/machines/simulated/fleet.ts';
import type { FleetMachine, RegionOptions } from '../../src/lab/region/options.ts';
import { createRegion } from '../../src/lab/region/region.ts';
import { serveRegion } from '../../src/lab/region/serve.ts';
import type { MachineRecord } from '../../src/lab/region/state/records.ts';

export const seed = 'bench';

/** Every bench asks for this many milliseconds of the region for each machine in a list, as a real one needs. */
export const realListMs = 30;

export interface BenchRegion {
  url: string;
  apiKey: string;
  /** Requests since the last call, with the sizes of their answers. */
  take(): Traffic;
  close(): Promise<void>;
}

export interface Traffic {
  requests: number;
  /** Requests that list machines. */
  lists: number;
  /** Requests that change something. */
  changes: number;
  /** Counted only when asked for, since that takes time. */
  bytes: number;
}

export interface BenchRegionOptions {
  machines: number;
  timeScale: number;
  /** Milliseconds of the region for each machine in a list; 0 when missing. */
  perMachineListMs?: number;
  driver?: Partial<SimulatedOptions>;
  countBytes?: boolean;
  /** Every machine begins Deployed, with these annotations and more for the first. */
  deployed?: { annotations: Record<string, string>; first: Record<string, string> };
  /** Machines that are there besides, and Ready. */
  fresh?: readonly FleetMachine[];
}

/** The machines that a bench works with: the first one is the control plane. */
export function fleetOf(machines: number): FleetMachine[] {
  return simulatedFleet({ count: machines, seed });
}

/** The lab's own region with simulated machines, on a port of this computer. */
export async function startRegion(options: BenchRegionOptions): Promise<BenchRegion> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-bench-'));
  if (options.deployed) await layDeployed(regionOptionsOf(options, home), options.deployed);
  const region = await createRegion(regionOptionsOf(options, home));
  region.addMachines(options.fresh ?? []);
  const served = await serveRegion(region, { address: '127.0.0.1', port: 0 });
  let traffic = noTraffic;
  region.intercept(async (request, proceed) => {
    const answer = await proceed();
    const isGet = request.method === 'GET';
    const isList = isGet && new URL(request.url).pathname.endsWith('/machines/');
    traffic = {
      requests: traffic.requests + 1,
      lists: traffic.lists + Number(isList),
      changes: traffic.changes + Number(!isGet),
      bytes: traffic.bytes + (options.countBytes ? (await answer.clone().arrayBuffer()).byteLength : 0),
    };
    return answer;
  });
  return {
    url: served.url,
    apiKey: region.apiKey,
    take() {
      const taken = traffic;
      traffic = noTraffic;
      return taken;
    },
    async close() {
      await served.close();
      await region.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

const noTraffic: Traffic = { requests: 0, lists: 0, changes: 0, bytes: 0 };

function regionOptionsOf(
  { machines, timeScale, perMachineListMs = 0, driver }: BenchRegionOptions,
  home: string,
): RegionOptions {
  return {
    stateDir: path.join(home, 'region'),
    driver: createSimulatedDriver({ seed, timeScale, stateDir: path.join(home, 'machines'), ...driver }),
    fleet: fleetOf(machines),
    subnet: simulatedSubnet,
    metadataBase: 'http://127.0.0.1/MAAS/metadata',
    timeScale,
    cost: { perMachineListMs },
  };
}

/** Deploying thousands takes minutes, so they are written into the region's state as if they had been deployed. */
async function layDeployed(
  options: RegionOptions,
  { annotations, first }: NonNullable<BenchRegionOptions['deployed']>,
): Promise<void> {
  const machinesDir = path.join(path.dirname(options.stateDir), 'machines');
  await (await createRegion(options)).close();
  const file = path.join(options.stateDir, 'region.jsonl');
  const ids: string[] = [];
  const lines = (await readFile(file, 'utf8'))
    .trimEnd()
    .split('\n')
    .map(line => {
      const [table, key, value] = JSON.parse(line) as [string, string, MachineRecord];
      if (table !== 'machines') return line;
      ids.push(key);
      const own = value.tags.includes('k8s-master') ? { ...annotations, ...first } : annotations;
      return JSON.stringify([table, key, { ...value, ...deployedState(value), annotations: own }]);
    });
  await writeFile(file, `${lines.join('\n')}\n`);
  const on = { isOn: true, deployments: 1, isBooting: false, struck: {} };
  await writeFile(path.join(machinesDir, 'simulated.json'), JSON.stringify(ids.map(id => [id, on])));
}

function deployedState({ number }: MachineRecord): Partial<MachineRecord> {
  const address = `10.99.${1 + (number >> 8)}.${number & 0xff}`;
  return {
    status: 'deployed',
    owner: 'admin',
    powerState: 'on',
    osystem: 'debian',
    distroSeries: 'bookworm',
    netboot: false,
    address,
    lastAddress: address,
  };
}
