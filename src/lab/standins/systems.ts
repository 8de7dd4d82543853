import { setMaxListeners } from 'node:events';
import { type Clock, systemClock } from '../../core/clock.ts';
import type { SystemId } from '../../core/ids.ts';
import type { DriverDeployment, DriverMachine } from '../machines/driver.ts';
import { type Curve, curvesOf2018, sample } from '../machines/simulated/curves.ts';
import type { CloudInitReport } from '../machines/simulated/driver.ts';
import { seeded } from '../machines/simulated/random.ts';
import type { StandInMemory, SystemRecord } from './memory.ts';

export interface SystemsOptions {
  memory: StandInMemory;
  seed: string;
  /** How many times faster than real. */
  timeScale: number;
  clock?: Clock;
}

/** The operating systems of simulated machines: what is installed, who runs, and how long things take there. */
export interface Systems {
  /** A fresh disk with an operating system that has not started yet. */
  installed(machine: DriverMachine, deployment: Pick<DriverDeployment, 'image' | 'userData'>): void;
  /** The kernel runs and sshd answers; cloud-init ends a while later. */
  started(id: SystemId, report?: CloudInitReport): void;
  stopped(id: SystemId): void;
  /** Down, and up again after the time of a boot. */
  restart(id: SystemId): void;
  /** Nothing is on its disks any more. */
  wiped(id: SystemId): void;
  /** The system that answers at an address; undefined when none does. */
  at(address: string): SystemRecord | undefined;
  isUp(id: SystemId): boolean;
  /** Resolves when cloud-init has ended; rejects with the power, or with the signal. */
  settled(id: SystemId, signal: AbortSignal): Promise<void>;
  /** Lets time pass on a machine as a curve says, differently each time; rejects when its power goes. */
  spend(id: SystemId, what: string, curve: Curve, signal?: AbortSignal): Promise<void>;
  /** Work that goes on when whoever asked for it is gone, one after the other on each machine. */
  alone<T>(id: SystemId, work: () => Promise<T>): Promise<T>;
  close(): void;
}

const cloudInit: Curve = { medianMs: 14_000, spread: 0.15, tail: { chance: 0.01, factor: 4 } };

/** What cloud-init reports when it begins the first module of a stage, and after which part of its time. */
const reports = [
  {
    after: 0.15,
    name: 'modules-config/config-apt-configure',
    description: moduleText('config-apt-configure'),
  },
  { after: 0.4, name: 'modules-final/config-scripts-user', description: moduleText('config-scripts-user') },
];

/** https://github.com/canonical/cloud-init/blob/22.4.2/cloudinit/config/modules.py */
function moduleText(module: string): string {
  return `running ${module} with frequency once-per-instance`;
}

const ignored = (): void => {};

interface Life {
  ends: AbortController;
  settled: Promise<void>;
}

export function createSystems({ memory, seed, timeScale, clock = systemClock }: SystemsOptions): Systems {
  const lives = new Map<SystemId, Life>();
  const counts = new Map<string, number>();
  const work = new Map<SystemId, Promise<unknown>>();
  const restarts = new Map<SystemId, AbortController>();
  const byAddress = new Map(Object.values(memory.systems).map(({ address, id }) => [address, id]));

  const spend: Systems['spend'] = (id, what, curve, signal) => {
    const nth = (counts.get(`${id} ${what}`) ?? 0) + 1;
    counts.set(`${id} ${what}`, nth);
    const random = seeded(`${seed}/${memory.systems[id]?.mac ?? id}/${what} ${nth}`);
    const life = lives.get(id)?.ends.signal ?? AbortSignal.abort(new Error('it is switched off'));
    return clock.sleep(sample(curve, random) / timeScale, signal ? AbortSignal.any([life, signal]) : life);
  };
  const settle = async (id: SystemId, report: CloudInitReport): Promise<void> => {
    const system = memory.systems[id];
    if (!system || system.settled) return;
    const life = lives.get(id)?.ends.signal;
    for (const { after, name, description } of reports)
      clock
        .sleep((after * cloudInit.medianMs) / timeScale, life)
        .then(() => report(name, description), ignored);
    await spend(id, 'cloud-init', cloudInit);
    system.settled = true;
    memory.changed();
  };
  const stopped: Systems['stopped'] = id => {
    lives.get(id)?.ends.abort(new Error('it is switched off'));
    lives.delete(id);
    restarts.get(id)?.abort(new Error('it is switched off'));
    restarts.delete(id);
  };
  const started: Systems['started'] = (id, report = ignored) => {
    if (!memory.systems[id] || lives.has(id)) return;
    const ends = new AbortController();
    setMaxListeners(0, ends.signal);
    lives.set(id, { ends, settled: Promise.resolve() });
    const settled = settle(id, report);
    settled.catch(() => undefined);
    lives.set(id, { ends, settled });
  };
  return {
    installed(machine, deployment) {
      const installation = (memory.installations[machine.id] ?? 0) + 1;
      memory.installations[machine.id] = installation;
      const system = { ...freshSystem(machine, deployment), installation };
      memory.systems[machine.id] = system;
      byAddress.set(system.address, machine.id);
      memory.changed();
    },
    started,
    stopped,
    restart(id) {
      stopped(id);
      const restart = new AbortController();
      restarts.set(id, restart);
      const random = seeded(`${seed}/${memory.systems[id]?.mac ?? id}/restart`);
      const bootMs = sample(curvesOf2018.post, random) + sample(curvesOf2018.boot, random);
      clock.sleep(bootMs / timeScale, restart.signal).then(
        () => started(id),
        () => undefined,
      );
    },
    wiped(id) {
      stopped(id);
      const system = memory.systems[id];
      if (system && byAddress.get(system.address) === id) byAddress.delete(system.address);
      delete memory.systems[id];
      memory.changed();
    },
    at(address) {
      const id = byAddress.get(address);
      return id !== undefined && lives.has(id) ? memory.systems[id] : undefined;
    },
    isUp: id => lives.has(id),
    settled: (id, signal) => orAborted(lives.get(id)?.settled ?? Promise.resolve(), signal),
    spend,
    alone(id, task) {
      const turn = (work.get(id) ?? Promise.resolve()).then(task, task);
      work.set(id, turn);
      turn.catch(() => undefined);
      return turn;
    },
    close() {
      for (const id of [...lives.keys(), ...restarts.keys()]) stopped(id);
    },
  };
}

function freshSystem(
  { id, hostname, mac, address }: DriverMachine,
  { image, userData }: Pick<DriverDeployment, 'image' | 'userData'>,
): Omit<SystemRecord, 'installation'> {
  const { ssh_keys: keys, ssh_authorized_keys: authorizedKeys = [] } = cloudConfig(userData);
  return {
    id,
    hostname,
    mac,
    address: address ?? '',
    user: image.startsWith('debian/') ? 'debian' : 'ubuntu',
    hostKey: keys?.ed25519_public,
    authorizedKeys,
    settled: false,
    prepared: false,
    cluster: undefined,
  };
}

interface CloudConfig {
  ssh_keys?: { ed25519_public?: string };
  ssh_authorized_keys?: string[];
}

/** The JSON kind of cloud-config alone: this is no cloud-init. */
function cloudConfig(userData: string): CloudConfig {
  try {
    return JSON.parse(userData.replace(/^#cloud-config\n/, '')) as CloudConfig;
  } catch {
    return {};
  }
}

async function orAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
