export interface Turnstile {
  /** Runs `act` when fewer than the limit are inside. Throws the reason of the signal. */
  pass<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/**
 * Lets at most `limit` run at a time; of those that wait, the newest goes first. In a fleet that begins all at once,
 * what comes next for a machine that has begun is newer than the beginning of the others: so machines start one after
 * the other, instead of all of them at the end.
 */
export function createTurnstile(limit: number): Turnstile {
  let inside = 0;
  const queue: (() => void)[] = [];
  const enter = (signal: AbortSignal | undefined) =>
    new Promise<void>((resolve, reject) => {
      const go = () => {
        signal?.removeEventListener('abort', leave);
        inside += 1;
        resolve();
      };
      const leave = () => {
        queue.splice(queue.indexOf(go), 1);
        reject(signal?.reason);
      };
      if (inside < limit) return go();
      queue.push(go);
      signal?.addEventListener('abort', leave, { once: true });
    });
  return {
    async pass(act, signal) {
      signal?.throwIfAborted();
      await enter(signal);
      try {
        return await act();
      } finally {
        inside -= 1;
        queue.pop()?.();
      }
    },
  };
}
