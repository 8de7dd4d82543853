import type { Expected } from './expect.ts';

/** What a step says about its own patience, and what history makes of it. In milliseconds. */
export interface Limits {
  warnAfterMs?: number;
  failAfterMs?: number;
  usualMs?: number;
  onlyLonger?: boolean;
}

const minuteMs = 60_000;

/**
 * How long to wait. Past what is usual for this very machine comes a warning; long after anything that it ever took, the
 * end. A machine without a history is measured by its peers, but never given up earlier than the step says: it may
 * be slower than all of them. Without any history the step's own limits hold.
 */
export function patienceFrom(expected: Expected | undefined, said: Limits): Limits {
  if (!expected) return said;
  const { usualMs, p90Ms, longestMs } = expected;
  const knownWell = expected.from === 'itself' && expected.samples >= fewestSamples;
  const late = Math.max(5 * p90Ms, 3 * longestMs, longestMs + 15 * minuteMs);
  const failAfterMs =
    knownWell && !said.onlyLonger ? late : Math.max(late, said.failAfterMs ?? defaultFailAfterMs);
  const warnAfterMs = knownWell
    ? Math.max(1.5 * p90Ms, p90Ms + minuteMs / 2)
    : Math.max(2 * longestMs, longestMs + minuteMs);
  return { ...said, usualMs, warnAfterMs: Math.min(warnAfterMs, failAfterMs), failAfterMs };
}

/** Fewer may be luck. */
const fewestSamples = 3;

/** What waiting takes when a step says nothing; see engine/until.ts. */
const defaultFailAfterMs = 30 * minuteMs;
