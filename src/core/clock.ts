import { onAbort } from './on-abort.ts';

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
      const wake = (): void => {
        clearTimeout(timer);
        reject(signal?.reason as Error);
      };
      const forget = signal && onAbort(signal, wake);
      const timer = setTimeout(() => {
        forget?.();
        resolve();
      }, ms);
    }),
};
