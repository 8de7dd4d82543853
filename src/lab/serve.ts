import path from 'node:path';
import { systemClock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import { startTicksOf } from '../state/process.ts';
import { apiFaults } from './faults/api.ts';
import { controlFaults } from './faults/control.ts';
import { withFaults } from './faults/driver.ts';
import { isOf } from './faults/fault.ts';
import { type FaultPlan, openFaultPlan } from './faults/plan.ts';
import { chooseKubernetes } from './kubernetes/supply.ts';
import type { MachineDriver } from './machines/driver.ts';
import { createHostsDriver } from './machines/hosts/driver.ts';
import { createSimulatedDriver } from './machines/simulated/driver.ts';
import { simulatedSubnet } from './machines/simulated/fleet.ts';
import { startMirror } from './mirror/mirror.ts';
import { type LabOptions, labFleet } from './options.ts';
import { type LabRecord, readLabRecord, removeLabRecord, writeLabRecord } from './record.ts';
import type { RegionSubnet } from './region/options.ts';
import { createRegion } from './region/region.ts';
import { type OpenPort, openPort } from './region/serve.ts';
import { hostsSiteDefaults, labClusterName } from './site-defaults.ts';
import { openStandIns, type StandInOptions, type StandInPrograms } from './standins/stand-ins.ts';
import { readDebianMirrors } from './system/apt-mirrors.ts';
import { createNetwork } from './system/network.ts';

export interface ServeOptions {
  labDir: string;
  cacheDir: string;
  lab: LabOptions;
  /** As before, else 5240 or the next one, when missing; any free one for 0. */
  port?: number;
  signal: AbortSignal;
  log(text: string): void;
}

/** The port of a real region. */
const maasPort = 5240;

/** What a kind of machines brings to the lab. */
interface Ground {
  address: string;
  subnet: RegionSubnet;
  driver: MachineDriver;
  siteDefaults: LabRecord['siteDefaults'];
  standIns?: StandInPrograms;
  close(): Promise<void>;
}

/** A lab that this process serves. */
export interface OpenLab {
  record: LabRecord;
  faults: FaultPlan;
  close(): Promise<void>;
}

/** Runs the lab in this process until the signal. */
export async function serveLab(options: ServeOptions): Promise<void> {
  const lab = await openLab(options);
  options.log(`serving ${lab.record.url}`);
  await aborted(options.signal);
  options.log('stopping');
  await lab.close();
}

/** Starts the lab in this process: region, machines and, for hosts, network and mirror. */
export async function openLab(options: ServeOptions): Promise<OpenLab> {
  const { labDir, lab, log } = options;
  const faults = openFaultPlan(labDir);
  const ground = await (lab.machines === 'hosts' ? hostsGround(options) : simulatedGround(options, faults));
  const port = await openFreePort(ground.address, options.port ?? portOf(readLabRecord(labDir)) ?? maasPort);
  const url = `http://${ground.address}:${port.port}/MAAS`;
  const skew = { ms: 0 };
  const region = await createRegion({
    stateDir: path.join(labDir, 'region'),
    driver: withFaults(ground.driver, { faults, timeScale: lab.timeScale, subnet: ground.subnet }),
    fleet: labFleet(lab),
    subnet: ground.subnet,
    metadataBase: `${url}/metadata`,
    timeScale: lab.timeScale,
    clock: { ...systemClock, now: () => systemClock.now() + skew.ms },
  });
  const ending = new AbortController();
  region.intercept(
    apiFaults({ faults, region, skew, shut: port.shut, cut: port.cut, signal: ending.signal, log }),
  );
  const control = controlFaults(faults, region.apiKey);
  port.answerWith(async request => (await control(request)) ?? region.app.fetch(request));
  const record = recordOf(lab, ground, { url, apiKey: region.apiKey });
  await writeLabRecord(labDir, record);
  return {
    record,
    faults,
    async close() {
      ending.abort();
      await port.close();
      await region.close();
      await ground.close();
      await removeLabRecord(labDir);
    },
  };
}

function recordOf(
  { machines, count, timeScale, suite }: LabOptions,
  { standIns, siteDefaults }: Ground,
  access: Pick<LabRecord, 'url' | 'apiKey'>,
): LabRecord {
  const startTicks = startTicksOf(process.pid);
  const startedAt = new Date().toISOString();
  const kind = { machines, count, timeScale, suite };
  const more = { ...access, ...(standIns ? { standIns } : {}), siteDefaults };
  return { pid: process.pid, startTicks, ...kind, ...more, startedAt };
}

async function hostsGround({ labDir, cacheDir, lab, signal, log }: ServeOptions): Promise<Ground> {
  const mirrors = await readDebianMirrors(signal);
  const supply = await chooseKubernetes({ cacheDir, mirrors, progress: log, signal }, lab.kubernetesFrom);
  const network = await createNetwork({ stateDir: labDir, signal });
  const { address } = network;
  const mirror = await startMirror({
    address,
    stateDir: labDir,
    cacheDir,
    mirrors,
    supply,
    signal,
    log,
    progress: log,
  });
  const { aptProxyUrl } = mirror;
  const driver = createHostsDriver({
    stateDir: labDir,
    cacheDir,
    network,
    mirrors,
    aptProxyUrl,
    suite: lab.suite,
    log,
  });
  return {
    address,
    subnet: subnetOf(network.subnet, address),
    driver,
    siteDefaults: hostsSiteDefaults(lab.suite, mirror, supply, mirrors),
    close: () => mirror.close(),
  };
}

async function simulatedGround({ labDir, lab, log }: ServeOptions, faults: FaultPlan): Promise<Ground> {
  const common = { seed: 'lab', timeScale: lab.timeScale, stateDir: path.join(labDir, 'simulated') };
  const strikes: StandInOptions['strikes'] = (kind, machine) =>
    faults.strike(isOf(kind), machine) !== undefined;
  const standIns = lab.wholeRoad ? await openStandIns({ ...common, strikes, log }) : undefined;
  const driver = createSimulatedDriver({
    ...common,
    slownessOf: machine => (faults.strike(isOf('slow'), machine) ? 6 : 1),
    ...(standIns ? { systems: standIns.systems } : {}),
  });
  return {
    address: '127.0.0.1',
    subnet: simulatedSubnet,
    driver,
    siteDefaults: { name: labClusterName },
    ...(standIns ? { standIns: standIns.programs } : {}),
    close: async () => standIns?.close(),
  };
}

/** The bridge's own /24: addresses from .11 on are for machines. */
function subnetOf(cidr: string, address: string): RegionSubnet {
  const network = address.slice(0, address.lastIndexOf('.'));
  return {
    cidr,
    gatewayIp: null,
    dnsServers: [address],
    rangeStart: `${network}.11`,
    rangeEnd: `${network}.250`,
  };
}

function portOf(record: LabRecord | undefined): number | undefined {
  return record ? Number(new URL(record.url).port) : undefined;
}

/** The wanted port, or the next one that nobody listens on. */
async function openFreePort(address: string, wanted: number): Promise<OpenPort> {
  for (let port = wanted; ; port += 1) {
    try {
      return await openPort({ address, port });
    } catch (error) {
      const isTaken = error instanceof ColdstartError && /EADDRINUSE/.test(String(error.because));
      if (!isTaken || port >= wanted + 100) throw error;
    }
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
