import { type Clock, systemClock } from './clock.ts';

/** A clock that goes `timeScale` times as fast as the real one, from now on. */
export function scaledClock(timeScale: number, real: Clock = systemClock): Clock {
  const startedAt = real.now();
  return {
    now: () => startedAt + (real.now() - startedAt) * timeScale,
    sleep: (ms, signal) => real.sleep(ms / timeScale, signal),
  };
}
