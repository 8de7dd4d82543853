import { totalmem } from 'node:os';
import { type Batch, decide, type Lane, type Limits, type Request, type Running } from './batch.ts';
import type { HostOutcome } from './outcome.ts';
import type { PlaybookResult } from './run.ts';

/** Time, injected so that tests need not wait. */
export interface BatchClock {
  nowMs(): number;
  /** Calls `then` once; the answer cancels it. */
  after(delayMs: number, then: () => void): () => void;
}

export interface BatcherOptions {
  /**
   * Runs playbooks on some machines, one after the other in one process; `ended` may be told of a machine before the
   * process ends: that the first one has ended there.
   */
  run: (playbooks: readonly string[], hosts: readonly string[], ended: HostEnded) => Promise<PlaybookResult>;
  limits?: Partial<Limits>;
  clock?: BatchClock;
}

export interface HostResult extends HostOutcome {
  logPath: string;
}

export interface RequestOptions {
  /** Only requests of the same lane share a process; the playbook's name when not given. */
  lane?: string;
  /** At most one process of this lane at a time. */
  exclusive?: boolean;
  /** A playbook that the same process goes on with, where the first one went well. The next request for it is answered by that. */
  goesOnWith?: string | undefined;
  /** How many machines will ask in this lane, this one among them; unknown when missing. */
  of?: number;
}

export interface Batcher {
  /** Settles when the playbook has ended on this machine; rejects when its process could not work. */
  run(playbook: string, host: string, options?: RequestOptions): Promise<HostResult>;
}

/** Told that nothing is left to do on a machine, although the process goes on with others. */
export type HostEnded = (host: string, result: HostResult) => void;

interface Pending {
  request: Request;
  resolve: (result: HostResult) => void;
  reject: (reason: unknown) => void;
}

/** Ansible works on each machine in a process of its own, with an ssh beside it: ansible-core 2.14, 50 machines, as PSS. */
const bytesOfMachine = 13e6;
/** What of a computer's memory Ansible may take. */
const shareOfMemory = 0.6;

/** What a computer with so much memory has room for. */
export function limitsFor(memoryBytes: number): Limits {
  const room = Math.floor((memoryBytes * shareOfMemory) / bytesOfMachine);
  return { windowMs: 250, maxProcesses: 100, maxHosts: 50, room };
}

/** Lets machines that become ready at about the same time share one ansible-playbook process. */
export function createBatcher({ run, limits, clock = systemClock }: BatcherOptions): Batcher {
  const allLimits = { ...limitsFor(totalmem()), ...limits };
  const waiting = new Map<Request, Pending>();
  const running = new Set<Running>();
  /** What processes go on with, by playbook and machine, until it is asked for. */
  const begun = new Map<string, Promise<HostResult>>();
  const lanes = new Map<string, Lane & { asked: Set<string> }>();
  let cancelWake = () => {};

  const look = (): void => {
    cancelWake();
    const nowMs = clock.nowMs();
    const { start, wakeAtMs } = decide([...waiting.keys()], [...running], nowMs, allLimits, lanes);
    for (const batch of start) begin(batch);
    cancelWake = wakeAtMs === undefined ? () => {} : clock.after(wakeAtMs - nowMs, look);
  };
  const laneOf = (name: string) => {
    const lane = lanes.get(name) ?? { lastedMs: 0, toCome: 0, asked: new Set<string>() };
    lanes.set(name, lane);
    return lane;
  };
  const begin = (batch: Batch): void => {
    const members = new Map(batch.map(request => [request.host, waiting.get(request)]));
    for (const request of batch) waiting.delete(request);
    const { lane, exclusive, playbook, goesOnWith } = batch[0];
    const hosts = new Set(members.keys());
    const process: Running = { lane, exclusive, hosts, sinceMs: clock.nowMs() };
    running.add(process);
    const ended: HostEnded = (host, result) => {
      if (!hosts.has(host)) return;
      if (goesOnWith === undefined) hosts.delete(host);
      members.get(host)?.resolve(result);
      look();
    };
    const playbooks = goesOnWith === undefined ? [playbook] : [playbook, goesOnWith];
    const ending = run(playbooks, [...hosts], ended);
    if (goesOnWith !== undefined) for (const host of hosts) goOn(ending, goesOnWith, host);
    void settle(ending, hosts, members).finally(() => {
      running.delete(process);
      const used = laneOf(lane);
      used.lastedMs = Math.max(used.lastedMs, clock.nowMs() - process.sinceMs);
      look();
    });
  };
  const goOn = (ending: Promise<PlaybookResult>, playbook: string, host: string): void => {
    const result = ending.then(({ hosts, logPath }) => ({ ...(hosts[host] ?? unknownHost), logPath }));
    // Nobody may ever ask, when what came before went wrong.
    result.catch(() => undefined);
    begun.set(`${playbook} ${host}`, result);
  };
  return {
    run(playbook, host, { lane = playbook, exclusive = false, goesOnWith, of = 0 } = {}) {
      const underWay = begun.get(`${playbook} ${host}`);
      if (underWay) {
        begun.delete(`${playbook} ${host}`);
        return underWay;
      }
      return new Promise<HostResult>((resolve, reject) => {
        const used = laneOf(lane);
        used.toCome = Math.max(0, of - used.asked.add(host).size);
        const request = { host, playbook, lane, exclusive, goesOnWith, sinceMs: clock.nowMs() };
        waiting.set(request, { request, resolve, reject });
        look();
      });
    },
  };
}

/** Answers for the machines that have no answer yet when the process ends. */
async function settle(
  ending: Promise<PlaybookResult>,
  left: ReadonlySet<string>,
  members: ReadonlyMap<string, Pending | undefined>,
): Promise<void> {
  try {
    const { hosts, logPath } = await ending;
    for (const host of left) members.get(host)?.resolve({ ...(hosts[host] ?? unknownHost), logPath });
  } catch (reason) {
    for (const host of left) members.get(host)?.reject(reason);
  }
}

const unknownHost: HostOutcome = {
  ok: false,
  changed: 0,
  failed: true,
  unreachable: false,
  failure: { task: 'none', message: 'the playbook said nothing about this machine' },
};

const systemClock: BatchClock = {
  nowMs: () => performance.now(),
  after: (delayMs, then) => {
    const timer = setTimeout(then, delayMs);
    return () => clearTimeout(timer);
  },
};
