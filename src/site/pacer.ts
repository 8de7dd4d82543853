import type { Clock } from '../core/clock.ts';

export interface PacerOptions<K, V> {
  /**
   * One look at some of those that are waited for. The answer has those that were looked at; undefined in it means that
   * there is no such thing any more. The others go on waiting.
   */
  look(waiting: ReadonlyMap<K, Waiting>): Promise<Looked<K, V>>;
  clock: Clock;
  signal: AbortSignal;
}

export interface Looked<K, V> {
  seen: ReadonlyMap<K, V>;
  /** What of the look's time was spent on news: waiting longer would not have spared it. 0 when missing. */
  newsMs?: number;
}

export interface Waiting {
  /** When the present wait for this key began, on the clock. */
  sinceMs: number;
}

const shortestPauseMs = 500;
const longestPauseMs = 2_000;
/** Whoever is asked spends at most this share of its time on answers without news. */
const share = 1 / 5;

/**
 * Lets everybody who waits for something share the looks: one at a time, and the next one after a pause that grows with
 * the waiting and with what the last look took in vain. A thousand machines that are waited for cost as many requests as one.
 */
export function createPacer<K, V>({ look, clock, signal }: PacerOptions<K, V>): (key: K) => Promise<V> {
  const waiting = new Map<K, Waiting & { settle: Settle<V>[] }>();
  let running = false;
  let lastLookMs = 0;
  let lastEndMs = Number.NEGATIVE_INFINITY;
  let busySinceMs = 0;

  const answer = (keys: Iterable<K>, act: (settle: Settle<V>, key: K) => void): void => {
    for (const key of keys) {
      const entry = waiting.get(key);
      waiting.delete(key);
      for (const settle of entry?.settle ?? []) act(settle, key);
    }
  };
  const round = async (): Promise<void> => {
    await clock.sleep(pauseAfter(clock.now() - busySinceMs, lastLookMs), signal);
    const startedAt = clock.now();
    const asked = [...waiting.keys()];
    let spentOnNewsMs = 0;
    try {
      const { seen, newsMs = 0 } = await look(waiting);
      spentOnNewsMs = newsMs;
      answer(seen.keys(), ({ resolve }, key) => resolve(seen.get(key) as V));
    } catch (error) {
      answer(asked, ({ reject }) => reject(error));
    }
    lastLookMs = clock.now() - startedAt - spentOnNewsMs;
  };
  const run = async (): Promise<void> => {
    // Whoever goes on waiting asks again at once: that is no new beginning.
    if (clock.now() - lastEndMs > longestPauseMs) busySinceMs = clock.now();
    try {
      while (waiting.size > 0) await round();
    } catch (error) {
      answer(waiting.keys(), ({ reject }) => reject(error));
    }
    lastEndMs = clock.now();
    running = false;
  };
  return key =>
    new Promise((resolve, reject) => {
      const entry = waiting.get(key) ?? { sinceMs: clock.now(), settle: [] };
      entry.settle.push({ resolve, reject });
      waiting.set(key, entry);
      if (running) return;
      running = true;
      void run();
    });
}

interface Settle<V> {
  resolve(value: V): void;
  reject(reason: unknown): void;
}

/** Often at first, for what is quick; seldom where a look is dear. */
function pauseAfter(waitedMs: number, lastLookMs: number): number {
  const wanted = Math.min(longestPauseMs, Math.max(shortestPauseMs, waitedMs / 12));
  return Math.max(wanted, lastLookMs * (1 / share - 1));
}
