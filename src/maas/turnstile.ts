import { onAbort } from '../core/on-abort.ts';

export interface Turnstile {
  /**
   * Runs `act` when fewer than the limit are inside. Of those that wait, whatever is about nothing in particular goes
   * first, then what is about whom the turnstile has known for longest. Throws the reason of the signal.
   */
  pass<T>(act: () => Promise<T>, options?: { about?: string; signal?: AbortSignal | undefined }): Promise<T>;
}

interface Waiting {
  rank: number;
  go(): void;
}

/**
 * Lets at most `limit` run at a time. In a fleet that begins all at once, a machine that has begun goes on before others
 * begin: so machines start one after the other, in the order in which they first came, instead of all of them at the end.
 */
export function createTurnstile(limit: number): Turnstile {
  let inside = 0;
  const queue = new Set<Waiting>();
  const ranks = new Map<string, number>();
  const rankOf = (about: string | undefined): number => {
    if (about === undefined) return 0;
    const rank = ranks.get(about) ?? ranks.size + 1;
    ranks.set(about, rank);
    return rank;
  };
  const enter = (rank: number, signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const leave = () => {
        queue.delete(waiting);
        reject(signal?.reason);
      };
      const go = () => {
        queue.delete(waiting);
        forget?.();
        inside += 1;
        resolve();
      };
      const waiting = { rank, go };
      let forget: (() => void) | undefined;
      if (inside < limit) return go();
      queue.add(waiting);
      forget = signal && onAbort(signal, leave);
    });
  return {
    async pass(act, { about, signal } = {}) {
      signal?.throwIfAborted();
      await enter(rankOf(about), signal);
      try {
        return await act();
      } finally {
        inside -= 1;
        foremost(queue)?.go();
      }
    },
  };
}

function foremost(queue: ReadonlySet<Waiting>): Waiting | undefined {
  let first: Waiting | undefined;
  for (const waiting of queue) if (!first || waiting.rank < first.rank) first = waiting;
  return first;
}
