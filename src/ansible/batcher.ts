import { type Batch, decide, type Limits, type Request } from './batch.ts';
import type { HostOutcome } from './outcome.ts';
import type { PlaybookResult } from './run.ts';

/** Time, injected so that tests need not wait. */
export interface BatchClock {
  nowMs(): number;
  /** Calls `then` once; the answer cancels it. */
  after(delayMs: number, then: () => void): () => void;
}

export interface BatcherOptions {
  /** Runs one playbook on some machines, in one process. */
  run: (playbook: string, hosts: readonly string[]) => Promise<PlaybookResult>;
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
}

export interface Batcher {
  /** Settles when the process that this machine was put into has ended; rejects when that process could not work. */
  run(playbook: string, host: string, options?: RequestOptions): Promise<HostResult>;
}

interface Pending {
  request: Request;
  resolve: (result: HostResult) => void;
  reject: (reason: unknown) => void;
}

const defaultLimits: Limits = { windowMs: 250, maxProcesses: 4, maxHosts: 50 };

/** Lets machines that become ready at about the same time share one ansible-playbook process. */
export function createBatcher({ run, limits, clock = systemClock }: BatcherOptions): Batcher {
  const allLimits = { ...defaultLimits, ...limits };
  const waiting = new Map<Request, Pending>();
  const running = new Set<Batch>();
  let cancelWake = () => {};

  const look = (): void => {
    cancelWake();
    const nowMs = clock.nowMs();
    const { start, wakeAtMs } = decide([...waiting.keys()], [...running], nowMs, allLimits);
    for (const batch of start) begin(batch);
    cancelWake = wakeAtMs === undefined ? () => {} : clock.after(wakeAtMs - nowMs, look);
  };
  const begin = (batch: Batch): void => {
    const members = batch.flatMap(request => waiting.get(request) ?? []);
    for (const request of batch) waiting.delete(request);
    running.add(batch);
    void settle(run, batch, members).finally(() => {
      running.delete(batch);
      look();
    });
  };
  return {
    run: (playbook, host, { lane = playbook, exclusive = false } = {}) =>
      new Promise<HostResult>((resolve, reject) => {
        const request = { host, playbook, lane, exclusive, sinceMs: clock.nowMs() };
        waiting.set(request, { request, resolve, reject });
        look();
      }),
  };
}

async function settle(run: BatcherOptions['run'], batch: Batch, members: readonly Pending[]): Promise<void> {
  try {
    const { hosts, logPath } = await run(
      batch[0].playbook,
      batch.map(request => request.host),
    );
    for (const { request, resolve } of members) resolve({ ...(hosts[request.host] ?? unknownHost), logPath });
  } catch (reason) {
    for (const { reject } of members) reject(reason);
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
