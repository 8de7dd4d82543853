import { asColdstartError } from '../core/errors.ts';
import type { FailureRecord } from '../journal/events.ts';
import type { Limits, Place } from './limits.ts';
import type { Road, RunOptions } from './run.ts';
import type { StepContext, StepDefinition } from './step.ts';
import { waitUntil } from './until.ts';

export type AttemptEnd = 'done' | 'failed' | 'stopped';

/** Takes a step, as often as it may be tried. `waitedFor` is `STEP of ROAD`. */
export async function attemptStep<T, K, W extends K>(
  road: Road<T, K, W>,
  step: StepDefinition<T, K, W>,
  waitedFor: string | undefined,
  options: RunOptions<T, K, W>,
  limits: Limits,
): Promise<AttemptEnd> {
  const { append, signal } = options;
  const ids = { target: road.id, step: step.id };
  const attempts = step.attempts ?? 1;
  for (let attempt = 1; ; attempt += 1) {
    const waited = waitedFor === undefined || attempt > 1 ? {} : { waitedFor };
    let place: Place | undefined;
    try {
      place = await enter(road, step, options, limits);
      signal.throwIfAborted();
      await append({ type: 'step.started', ...ids, attempt, ...waited });
      const onLook = () => {
        if (step.limit?.begun(road.target, options.world)) place?.leave();
      };
      await step.act(road.target, contextOf(ids, attempt, options, onLook), options.world);
      await append({ type: 'step.done', ...ids, already: false });
      return 'done';
    } catch (error) {
      if (signal.aborted) {
        await append({ type: 'step.stopped', ...ids });
        return 'stopped';
      }
      const retry = attempt < attempts && !isBug(error);
      await append({ type: 'step.failed', ...ids, attempt, retry, error: failureOf(error) });
      if (!retry) return 'failed';
    } finally {
      place?.leave();
    }
  }
}

/** Waits for a place within the step's limit, when it has one. */
async function enter<T, K, W extends K>(
  { target, id }: Road<T, K, W>,
  step: StepDefinition<T, K, W>,
  { world, onProgress }: RunOptions<T, K, W>,
  limits: Limits,
): Promise<Place | undefined> {
  const limit = step.limit?.of(target, world);
  if (!limit) return undefined;
  return limits.enter(limit, () =>
    onProgress?.({ target: id, step: step.id, text: `waits for ${limit.name}` }),
  );
}

function contextOf<T, K, W extends K>(
  ids: { target: string; step: string },
  attempt: number,
  { append, onProgress, clock, signal, patienceOf }: RunOptions<T, K, W>,
  onLook: () => void,
): StepContext {
  return {
    signal,
    attempt,
    async change(sentence, act) {
      signal.throwIfAborted();
      await append({ type: 'step.changing', ...ids, change: sentence });
      return act(signal);
    },
    until(condition, look, said = {}) {
      const lookAndTell = async () => {
        const sight = await look();
        onLook();
        return sight;
      };
      return waitUntil(condition, lookAndTell, {
        clock,
        signal,
        ...(patienceOf?.(ids.target, ids.step, said) ?? said),
        onSeen: (text, warning) => onProgress?.({ ...ids, text, ...(warning ? { warning } : {}) }),
      });
    },
    progress: text => onProgress?.({ ...ids, text }),
  };
}

/** The record of a thrown value. An error that is not ours is a bug of coldstart's. */
function failureOf(error: unknown): FailureRecord {
  const known = asColdstartError(error);
  return {
    code: known.code,
    message: known.message,
    ...(known.because === undefined || known.because === known.message ? {} : { because: known.because }),
    hint: known.hint,
  };
}

function isBug(error: unknown): boolean {
  return asColdstartError(error).code === 'BUG';
}
