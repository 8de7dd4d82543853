import type { Clock } from '../core/clock.ts';
import { formatDuration } from '../core/durations.ts';
import { ColdstartError, isPassing, reasonOf } from '../core/errors.ts';
import type { Patience, Sight } from './step.ts';

export interface UntilOptions extends Partial<Patience> {
  clock: Clock;
  signal: AbortSignal;
  onSeen?(text: string, warning: boolean): void;
}

/** Generous: a slow server is not a broken one. */
const defaultPatience: Patience = { warnAfterMs: 5 * 60_000, failAfterMs: 30 * 60_000, paced: false };

/**
 * Looks until the condition holds: often at first, then less. Errors: TIMED_OUT with what was last seen; the signal's
 * reason; whatever `look` throws, at once.
 */
export async function waitUntil(
  condition: string,
  look: () => Promise<Sight>,
  { clock, signal, onSeen, ...limits }: UntilOptions,
): Promise<void> {
  const patience = { ...defaultPatience, ...limits };
  const startedAt = clock.now();
  let reported = '';
  for (;;) {
    signal.throwIfAborted();
    const sight = await lookPatiently(look);
    if (sight.done) return;
    const { seen } = sight;
    const waitedMs = clock.now() - startedAt;
    if (waitedMs >= patience.failAfterMs) throw timedOut(condition, sight, waitedMs);
    const late = waitedMs >= patience.warnAfterMs;
    const text = late ? `${seen} (longer than expected: ${lateness(waitedMs, patience)})` : seen;
    if (text !== reported) onSeen?.(text, late);
    reported = text;
    if (!patience.paced) await clock.sleep(intervalAfterMs(waitedMs), signal);
  }
}

function lateness(waitedMs: number, { usualMs }: Patience): string {
  const usual = usualMs === undefined ? '' : `, usually ${formatDuration(usualMs)}`;
  return `${formatDuration(waitedMs)}${usual}`;
}

/** An outside system that is away for a while is waited for like the condition itself. */
async function lookPatiently(look: () => Promise<Sight>): Promise<Sight> {
  try {
    return await look();
  } catch (error) {
    if (isPassing(error)) return { done: false, seen: reasonOf(error) };
    throw error;
  }
}

/** Looks every half second at first; after a minute every five seconds. */
function intervalAfterMs(waitedMs: number): number {
  return Math.min(5_000, Math.max(500, waitedMs / 12));
}

function timedOut(condition: string, { seen, remedy }: Sight, waitedMs: number): ColdstartError {
  return new ColdstartError('TIMED_OUT', `gave up waiting until ${condition}`, {
    because: `after ${formatDuration(waitedMs)} the last thing seen was: ${seen}`,
    ...(remedy === undefined ? {} : { hint: remedy }),
  });
}
