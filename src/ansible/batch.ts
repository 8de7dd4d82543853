/** A machine that is ready for a playbook. */
export interface Request {
  host: string;
  playbook: string;
  /** Only requests of the same lane share a process; the playbook's name when nothing else is said. */
  lane: string;
  /** At most one process of this lane at a time. */
  exclusive: boolean;
  /** A playbook that the process goes on with. */
  goesOnWith?: string | undefined;
  /** When it came, on the batcher's clock. */
  sinceMs: number;
}

export interface Limits {
  /** How long the first machine of a batch waits for others; twice as long for each process of its lane. */
  windowMs: number;
  /** Of one lane: what only a few need must not wait for what all need. */
  maxProcesses: number;
  /** A batch of this size waits for nobody. */
  maxHosts: number;
}

/** Requests that go into one process: all of one lane and the same playbooks, each machine once. */
export type Batch = readonly [Request, ...Request[]];

/** A process that runs. */
export interface Running {
  lane: string;
  exclusive: boolean;
  sinceMs: number;
  /** Machines that it still works on. */
  hosts: ReadonlySet<string>;
}

export interface Decision {
  start: readonly Batch[];
  /** When to decide again although nothing happened; undefined when only an event can change the answer. */
  wakeAtMs: number | undefined;
}

/** The longest window of playbooks that take no time worth speaking of. */
const shortestLastMs = 3_000;

/**
 * Which batches to start now. A lane starts when its first machine has waited for the window, or enough have come;
 * a machine never is in two processes. Lanes whose machines have waited longest go first.
 *
 * Machines that come one by one would take all processes at once, and the many after them would wait for those to end.
 * So every process of a lane doubles the window of its next one: few come alone, and the later ones come together.
 *
 * @param lastedMs how long processes of a lane lasted: so long, the windows of its processes must reach
 */
export function decide(
  waiting: readonly Request[],
  running: readonly Running[],
  nowMs: number,
  limits: Limits,
  lastedMs: ReadonlyMap<string, number> = new Map(),
): Decision {
  const busy = new Set(running.flatMap(({ hosts }) => [...hosts]));
  const taken = new Set(running.flatMap(({ lane, exclusive }) => (exclusive ? [lane] : [])));
  const start: Batch[] = [];
  let wakeAtMs: number | undefined;
  for (const batch of candidates(waiting, busy, limits.maxHosts)) {
    const { lane } = batch[0];
    const mates = running.filter(process => process.lane === lane);
    const processes = mates.length + start.filter(([first]) => first.lane === lane).length;
    const longestMs = Math.max(lastedMs.get(lane) ?? 0, ...mates.map(({ sinceMs }) => nowMs - sinceMs));
    const windowMs = Math.min(
      limits.windowMs * 2 ** processes,
      Math.max(shortestLastMs, longestMs / limits.maxProcesses),
    );
    const dueAtMs = batch.length >= limits.maxHosts ? nowMs : batch[0].sinceMs + windowMs;
    if (dueAtMs > nowMs) {
      wakeAtMs = Math.min(wakeAtMs ?? dueAtMs, dueAtMs);
    } else if (processes < limits.maxProcesses && !taken.has(lane) && isFree(batch, busy)) {
      start.push(batch);
      for (const request of batch) busy.add(request.host);
      if (batch[0].exclusive) taken.add(lane);
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
    const key = JSON.stringify([request.lane, request.playbook, request.goesOnWith]);
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
