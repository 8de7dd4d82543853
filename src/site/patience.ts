import { configInvalid } from '../config/problems.ts';
import type { Patience } from '../engine/step.ts';

/**
 * How patient everything that waits is: 1 when COLDSTART_PATIENCE is not set, 0.1 for a tenth of every limit. Errors:
 * CONFIG_INVALID.
 */
export function patienceOf(env: Readonly<Record<string, string | undefined>>): number {
  const given = env['COLDSTART_PATIENCE'];
  if (given === undefined || given === '') return 1;
  const factor = Number(given);
  if (factor > 0 && factor <= 1000) return factor;
  const message = `must be a number above 0 such as 0.5, not ${given}`;
  throw configInvalid([{ at: 'COLDSTART_PATIENCE', path: '', message }]);
}

/** Limits times that factor, those included that nobody named. */
export function scaledLimits(factor: number, said: Partial<Patience>): Partial<Patience> {
  if (factor === 1) return said;
  const { warnAfterMs = 5 * 60_000, failAfterMs = 30 * 60_000 } = said;
  return { ...said, warnAfterMs: warnAfterMs * factor, failAfterMs: failAfterMs * factor };
}
