/** Time as the lab sees it. Tests and time-scaled labs give their own. */
export interface Clock {
  /** Milliseconds since 1970, as `Date.now()`. */
  now(): number;
  /** Runs something once after a delay; the answer cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

const longestTimerMs = 2 ** 31 - 1;

/** The computer's own clock. Its timers do not keep the process alive. */
export const realClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, Math.min(Math.max(0, delayMs), longestTimerMs));
    timer.unref();
    return () => clearTimeout(timer);
  },
};

/** Resolves after a delay on this clock. */
export function delay(clock: Clock, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    clock.after(delayMs, resolve);
  });
}
