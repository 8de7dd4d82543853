export interface Turnstile {
  /** Runs `act` when fewer than the limit are inside; first come, first served. Throws the reason of the signal. */
  pass<T>(act: () => Promise<T>, signal?: AbortSignal): Promise<T>;
}

/** Lets at most `limit` run at a time. */
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
        queue.shift()?.();
      }
    },
  };
}
