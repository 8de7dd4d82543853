/** A machine that is ready for a playbook. */
export interface Request {
  host: string;
  playbook: string;
  /** Only requests of the same lane share a process; the playbook's name when nothing else is said. */
  lane: string;
  /** At most one process of this lane at a time. */
  exclusive: boolean;
  /** When it came, on the batcher's clock. */
  sinceMs: number;
}

export interface Limits {
  /** How long the first machine of a batch waits for others. */
  windowMs: number;
  maxProcesses: number;
  /** A batch of this size waits for nobody. */
  maxHosts: number;
}

/** Requests that go into one process: all of one lane and one playbook, each machine once. */
export type Batch = readonly [Request, ...Request[]];

export interface Decision {
  start: readonly Batch[];
  /** When to decide again although nothing happened; undefined when only an event can change the answer. */
  wakeAtMs: number | undefined;
}

/**
 * Which batches to start now. A lane starts when its first machine has waited for the window, or enough have come;
 * a machine never is in two processes. Lanes whose machines have waited longest go first.
 */
export function decide(
  waiting: readonly Request[],
  running: readonly Batch[],
  nowMs: number,
  limits: Limits,
): Decision {
  const busy = new Set(running.flatMap(batch => batch.map(request => request.host)));
  const taken = new Set(running.flatMap(batch => (batch[0].exclusive ? [batch[0].lane] : [])));
  const start: Batch[] = [];
  let wakeAtMs: number | undefined;
  for (const batch of candidates(waiting, busy, limits.maxHosts)) {
    const dueAtMs = batch.length >= limits.maxHosts ? nowMs : batch[0].sinceMs + limits.windowMs;
    if (dueAtMs > nowMs) {
      wakeAtMs = Math.min(wakeAtMs ?? dueAtMs, dueAtMs);
    } else if (
      running.length + start.length < limits.maxProcesses &&
      !taken.has(batch[0].lane) &&
      isFree(batch, busy)
    ) {
      start.push(batch);
      for (const request of batch) busy.add(request.host);
      if (batch[0].exclusive) taken.add(batch[0].lane);
    }
  }
  return { start, wakeAtMs };
}

/** Batches that could be made of the waiting machines, in the order of their oldest request. */
function candidates(waiting: readonly Request[], busy: ReadonlySet<string>, maxHosts: number): Batch[] {
  const batches: [Request, ...Request[]][] = [];
  const open = new Map<string, [Request, ...Request[]]>();
  for (const request of [...waiting].sort((a, b) => a.sinceMs - b.sinceMs)) {
    if (busy.has(request.host)) continue;
    const key = JSON.stringify([request.lane, request.playbook]);
    const batch = open.get(key);
    if (batch === undefined || batch.length >= maxHosts || batch.some(({ host }) => host === request.host)) {
      const fresh: [Request] = [request];
      open.set(key, fresh);
      batches.push(fresh);
    } else {
      batch.push(request);
    }
  }
  return batches;
}

function isFree(batch: Batch, busy: ReadonlySet<string>): boolean {
  return batch.every(request => !busy.has(request.host));
}
