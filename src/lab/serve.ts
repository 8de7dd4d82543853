import { createServer } from 'node:net';
import path from 'node:path';
import { ColdstartError } from '../core/errors.ts';
import { startTicksOf } from '../state/process.ts';
import { chooseKubernetes } from './kubernetes/supply.ts';
import type { MachineDriver } from './machines/driver.ts';
import { createHostsDriver } from './machines/hosts/driver.ts';
import { createSimulatedDriver, type SimulatedDriver } from './machines/simulated/driver.ts';
import { startMirror } from './mirror/mirror.ts';
import { type LabOptions, labFleet } from './options.ts';
import { type LabRecord, readLabRecord, removeLabRecord, writeLabRecord } from './record.ts';
import type { RegionSubnet } from './region/options.ts';
import { createRegion } from './region/region.ts';
import { serveRegion } from './region/serve.ts';
import { hostsSiteDefaults, labClusterName } from './site-defaults.ts';
import { openStandIns, type StandInPrograms } from './standins/stand-ins.ts';
import { readDebianMirrors } from './system/apt-mirrors.ts';
import { createNetwork } from './system/network.ts';

export interface ServeOptions {
  labDir: string;
  cacheDir: string;
  lab: LabOptions;
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

/** Runs the lab in this process until the signal: region, machines and, for hosts, network and mirror. */
export async function serveLab(options: ServeOptions): Promise<void> {
  const { labDir, lab, signal, log } = options;
  const ground = await (lab.machines === 'hosts' ? hostsGround(options) : simulatedGround(options));
  const port = await freePort(ground.address, portOf(readLabRecord(labDir)) ?? maasPort);
  const url = `http://${ground.address}:${port}/MAAS`;
  const region = await createRegion({
    stateDir: path.join(labDir, 'region'),
    driver: ground.driver,
    fleet: labFleet(lab),
    subnet: ground.subnet,
    metadataBase: `${url}/metadata`,
    timeScale: lab.timeScale,
  });
  const server = await serveRegion(region, { address: ground.address, port });
  await writeLabRecord(labDir, {
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    machines: lab.machines,
    count: lab.count,
    timeScale: lab.timeScale,
    suite: lab.suite,
    url,
    apiKey: region.apiKey,
    ...(ground.standIns ? { standIns: ground.standIns } : {}),
    siteDefaults: ground.siteDefaults,
    startedAt: new Date().toISOString(),
  });
  log(`serving ${url}`);
  await aborted(signal);
  log('stopping');
  await server.close();
  await region.close();
  await ground.close();
  await removeLabRecord(labDir);
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
    siteDefaults: hostsSiteDefaults(lab.suite, mirror, supply),
    close: () => mirror.close(),
  };
}

async function simulatedGround({ labDir, lab, log }: ServeOptions): Promise<Ground> {
  const common = { seed: 'lab', timeScale: lab.timeScale, stateDir: path.join(labDir, 'simulated') };
  const standIns = lab.wholeRoad
    ? await openStandIns({ ...common, strikes: (kind, machine) => driver.strikes(kind, machine), log })
    : undefined;
  const driver: SimulatedDriver = createSimulatedDriver({
    ...common,
    ...(standIns ? { systems: standIns.systems } : {}),
  });
  return {
    address: '127.0.0.1',
    // A /16, since there may be thousands; nothing is ever sent to these addresses.
    subnet: {
      cidr: '10.99.0.0/16',
      gatewayIp: null,
      dnsServers: [],
      rangeStart: '10.99.1.1',
      rangeEnd: '10.99.254.254',
    },
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
async function freePort(address: string, wanted: number): Promise<number> {
  for (let port = wanted; port < wanted + 100; port += 1) {
    if (await canListen(address, port)) return port;
  }
  throw new ColdstartError('LAB_FAILED', `no free port on ${address} from ${wanted} on`);
}

function canListen(address: string, port: number): Promise<boolean> {
  return new Promise(resolve => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, address, () => probe.close(() => resolve(true)));
  });
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
