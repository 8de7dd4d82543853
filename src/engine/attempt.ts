import { asColdstartError } from '../core/errors.ts';
import type { FailureRecord } from '../journal/events.ts';
import type { Limits, Place } from './limits.ts';
import type { Road, RunOptions } from './run.ts';
import type { StepContext, StepDefinition } from './step.ts';
import { waitUntil } from './until.ts';

/** How a step ended; `error` when it failed. */
export interface StepEnd {
  end: 'done' | 'failed' | 'blocked' | 'stopped';
  error?: FailureRecord;
}

/** Takes a step, as often as it may be tried. `waitedFor` is `STEP of ROAD`. */
export async function attemptStep<T, K, W extends K>(
  road: Road<T, K, W>,
  step: StepDefinition<T, K, W>,
  waitedFor: string | undefined,
  options: RunOptions<T, K, W>,
  limits: Limits,
): Promise<StepEnd> {
  const { append, onProgress, signal } = options;
  const ids = { target: road.id, step: step.id };
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
      return { end: 'done' };
    } catch (error) {
      const reason = signal.aborted ? error : await reasonFor(error, ids, options);
      if (signal.aborted) {
        await append({ type: 'step.stopped', ...ids });
        return { end: 'stopped' };
      }
      const failure = failureOf(reason);
      const { tries, pauseMs } = retriesOf(step, failure, options);
      const retry = attempt < tries;
      await append({ type: 'step.failed', ...ids, attempt, retry, error: failure });
      if (!retry) return { end: 'failed', error: failure };
      place?.leave();
      onProgress?.({ ...ids, text: 'tries again' });
      await pause(pauseMs, options);
    } finally {
      place?.leave();
    }
  }
}

/** The place that it holds stays taken meanwhile: the machine is still on. */
async function reasonFor<T, K, W extends K>(
  thrown: unknown,
  ids: { target: string; step: string },
  { explain }: Pick<RunOptions<T, K, W>, 'explain'>,
): Promise<unknown> {
  try {
    return explain === undefined ? thrown : await explain({ ...ids, error: thrown });
  } catch {
    return thrown;
  }
}

function retriesOf<T, K, W extends K>(
  { attempts = 1 }: StepDefinition<T, K, W>,
  { code }: FailureRecord,
  { treatmentOf }: Pick<RunOptions<T, K, W>, 'treatmentOf'>,
): { tries: number; pauseMs: number } {
  const { tries, pauseMs } = treatmentOf?.(code) ?? { tries: code === 'BUG' ? 'once' : 1, pauseMs: 0 };
  return { tries: tries === 'once' ? 1 : Math.max(tries, attempts), pauseMs };
}

/** The end of the run ends the pause: the next try sees it. */
async function pause<T, K, W extends K>(
  pauseMs: number,
  { clock, signal }: Pick<RunOptions<T, K, W>, 'clock' | 'signal'>,
): Promise<void> {
  if (pauseMs === 0) return;
  await clock.sleep(pauseMs, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
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
