/** Time as the program sees it: injected, so that tests and simulations choose how fast it passes. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason as Error);
        return;
      }
      const sleepers = signal && sleepersOf(signal);
      const wake = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const timer = setTimeout(() => {
        sleepers?.delete(wake);
        resolve();
      }, ms);
      sleepers?.add(wake);
    }),
};

/** Thousands may sleep until one signal, which would look through all its listeners for each of them: so it has one. */
const sleepersBySignal = new WeakMap<AbortSignal, Set<() => void>>();

function sleepersOf(signal: AbortSignal): Set<() => void> {
  const known = sleepersBySignal.get(signal);
  if (known) return known;
  const sleepers = new Set<() => void>();
  sleepersBySignal.set(signal, sleepers);
  const wakeAll = (): void => {
    for (const wake of sleepers) wake();
  };
  signal.addEventListener('abort', wakeAll, { once: true });
  return sleepers;
}
