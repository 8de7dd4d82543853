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
  /** What the processes of all lanes may weigh together: 1 for each machine that they still work on, and `processWeight` each. */
  room: number;
}

/** Without any machine, a process needs the memory of so many. */
const processWeight = 6;

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

/** What is known of a lane besides who waits and what runs. */
export interface Lane {
  /** How long its longest process lasted, 0 before one has ended. */
  lastedMs: number;
  /** Machines that have not asked yet, and will. */
  toCome: number;
}

/** The longest window of playbooks that take no time worth speaking of. */
const shortestLastMs = 3_000;
/** While each of the processes that are left would have to take no more machines than this, nobody waits to spare one. */
const fewHosts = 8;
/** Who is to come may fail on the way: nobody waits longer for them. */
const longestWindowMs = 30_000;

/**
 * Which batches to start now. A lane starts when its first machine has waited for the window, or enough have come;
 * a machine never is in two processes. Lanes whose machines have waited longest go first.
 *
 * Machines that come one by one would take all processes at once, and the many after them would wait for those to end.
 * So every process of a lane doubles the window of its next one: few come alone, and the later ones come together. Where
 * it is known how many are to come, the processes that are left are shared out among them.
 */
export function decide(
  waiting: readonly Request[],
  running: readonly Running[],
  nowMs: number,
  limits: Limits,
  lanes: ReadonlyMap<string, Lane> = new Map(),
): Decision {
  const busy = new Set(running.flatMap(({ hosts }) => [...hosts]));
  const taken = new Set(running.flatMap(({ lane, exclusive }) => (exclusive ? [lane] : [])));
  const left = countLanes(waiting);
  const processes = countLanes(running);
  let weight = running.reduce((sum, { hosts }) => sum + hosts.size + processWeight, 0);
  const start: Batch[] = [];
  let wakeAtMs: number | undefined;
  /** A lane without a process may always have one: others may wait for what it does. */
  const mayStart = (batch: Batch, ours: number): boolean => {
    const fits = ours === 0 || weight + batch.length + processWeight <= limits.room;
    return fits && ours < limits.maxProcesses && !taken.has(batch[0].lane) && isFree(batch, busy);
  };
  for (const batch of candidates(waiting, busy, limits.maxHosts)) {
    const { lane } = batch[0];
    const mates = running.filter(process => process.lane === lane);
    const { lastedMs = 0, toCome = 0 } = lanes.get(lane) ?? {};
    const ours = processes.get(lane) ?? 0;
    const dueAtMs = dueOf(batch, limits, {
      processes: ours,
      room: limits.room - weight,
      hosts: (left.get(lane) ?? 0) + toCome,
      longestMs: Math.max(lastedMs, ...mates.map(({ sinceMs }) => nowMs - sinceMs)),
    });
    if (dueAtMs > nowMs) {
      wakeAtMs = Math.min(wakeAtMs ?? dueAtMs, dueAtMs);
    } else if (mayStart(batch, ours)) {
      start.push(batch);
      weight += batch.length + processWeight;
      left.set(lane, (left.get(lane) ?? 0) - batch.length);
      processes.set(lane, ours + 1);
      for (const request of batch) busy.add(request.host);
      if (batch[0].exclusive) taken.add(lane);
    }
  }
  return { start, wakeAtMs };
}

function countLanes(those: readonly { lane: string }[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { lane } of those) counts.set(lane, (counts.get(lane) ?? 0) + 1);
  return counts;
}

/**
 * When a batch starts that nobody joins any more.
 * @param room what more processes may weigh
 * @param hosts machines of the lane that are in no process yet, those to come among them
 */
function dueOf(
  batch: Batch,
  { windowMs, maxProcesses, maxHosts }: Limits,
  {
    processes,
    room,
    hosts,
    longestMs,
  }: { processes: number; room: number; hosts: number; longestMs: number },
): number {
  const roomLeft = Math.floor((room - hosts) / processWeight);
  const left = Math.max(1, Math.min(maxProcesses - processes, roomLeft));
  const isScarce = hosts - batch.length > (left - 1) * fewHosts;
  const enough = isScarce ? Math.min(maxHosts, Math.ceil(hosts / left)) : maxHosts;
  if (batch.length >= enough) return batch[0].sinceMs;
  const longest = Math.max(shortestLastMs, longestMs / maxProcesses);
  return batch[0].sinceMs + (isScarce ? longestWindowMs : Math.min(windowMs * 2 ** processes, longest));
}

/** Batches that could be made of the waiting machines, in the order of their oldest request. */
function candidates(waiting: readonly Request[], busy: ReadonlySet<string>, maxHosts: number): Batch[] {
  const batches: [Request, ...Request[]][] = [];
  const open = new Map<string, [Request, ...Request[]]>();
  for (const request of [...waiting].sort((a, b) => a.sinceMs - b.sinceMs)) {
    if (busy.has(request.host)) continue;
    const key = `${request.lane}\n${request.playbook}\n${request.goesOnWith ?? ''}`;
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
