import type { Clock } from '../core/clock.ts';
import { asColdstartError } from '../core/errors.ts';
import type { FailureRecord, JournalEvent, Progress, RunOutcome } from '../journal/events.ts';
import { createSerial, type Serial } from './serial.ts';
import type { StepContext, StepDefinition } from './step.ts';
import { waitUntil } from './until.ts';

/** One target, a machine or an add-on, and the steps that it takes, in order. */
export interface Road<T, K, W extends K> {
  target: T;
  id: string;
  steps: readonly StepDefinition<T, K, W>[];
  /** Steps that must be done before any of these: `STEP` on some road, or `STEP of ROAD`. */
  after?: readonly string[];
}

export interface RunOptions<T, K, W extends K> {
  roads: readonly Road<T, K, W>[];
  world: W;
  append(event: JournalEvent): Promise<void>;
  onProgress?(progress: Progress): void;
  clock: Clock;
  signal: AbortSignal;
}

/**
 * Walks every machine along its road at the same time. The only waits between machines are those that steps declare
 * (`after`, `oneByOne`). A machine that fails stops there; the others go on.
 */
export async function runRoads<T, K, W extends K>(options: RunOptions<T, K, W>): Promise<RunOutcome> {
  const barriers = createBarriers(options.roads);
  const serial = createSerial();
  const ends = await Promise.all(options.roads.map(road => walk(road, options, barriers, serial)));
  if (options.signal.aborted) return 'stopped';
  return ends.every(end => end === 'done') ? 'done' : 'failed';
}

type StepEnd = 'done' | 'failed' | 'blocked' | 'stopped';

async function walk<T, K, W extends K>(
  road: Road<T, K, W>,
  options: RunOptions<T, K, W>,
  barriers: Barriers,
  serial: Serial,
): Promise<StepEnd> {
  for (const [index, step] of road.steps.entries()) {
    const end = await takeStep(road, step, options, barriers, serial);
    if (end === 'done') {
      barriers.open(step.id);
      barriers.open(`${step.id} of ${road.id}`);
      continue;
    }
    for (const rest of road.steps.slice(index)) {
      barriers.block(rest.id, `${step.id} of ${road.id}`);
      barriers.block(`${rest.id} of ${road.id}`, `${step.id} of ${road.id}`);
    }
    for (const rest of road.steps.slice(index + 1)) await closeStep(road, rest.id, step.id, options);
    return end;
  }
  return 'done';
}

async function takeStep<T, K, W extends K>(
  road: Road<T, K, W>,
  step: StepDefinition<T, K, W>,
  options: RunOptions<T, K, W>,
  barriers: Barriers,
  serial: Serial,
): Promise<StepEnd> {
  const { world, append, signal } = options;
  if (step.done(road.target, world)) {
    await append({ type: 'step.done', target: road.id, step: step.id, already: true });
    return 'done';
  }
  const blockedBy = await barriers.pass([...(step.after ?? []), ...(road.after ?? [])], signal);
  if (signal.aborted) {
    await append({ type: 'step.stopped', target: road.id, step: step.id });
    return 'stopped';
  }
  if (blockedBy !== undefined) {
    await append({ type: 'step.blocked', target: road.id, step: step.id, by: blockedBy });
    return 'blocked';
  }
  return serial.run(step.oneByOne, () => attemptStep(road, step, options));
}

async function attemptStep<T, K, W extends K>(
  road: Road<T, K, W>,
  step: StepDefinition<T, K, W>,
  options: RunOptions<T, K, W>,
): Promise<StepEnd> {
  const { append, signal } = options;
  const ids = { target: road.id, step: step.id };
  const attempts = step.attempts ?? 1;
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) {
      await append({ type: 'step.stopped', ...ids });
      return 'stopped';
    }
    await append({ type: 'step.started', ...ids, attempt });
    try {
      await step.act(road.target, contextOf(ids, attempt, options), options.world);
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
    }
  }
}

function contextOf<T, K, W extends K>(
  ids: { target: string; step: string },
  attempt: number,
  { append, onProgress, clock, signal }: RunOptions<T, K, W>,
): StepContext {
  return {
    signal,
    attempt,
    async change(sentence, act) {
      signal.throwIfAborted();
      await append({ type: 'step.changing', ...ids, change: sentence });
      return act(signal);
    },
    until: (condition, look, patience) =>
      waitUntil(condition, look, {
        clock,
        signal,
        ...patience,
        onSeen: (text, warning) => onProgress?.({ ...ids, text, ...(warning ? { warning } : {}) }),
      }),
    progress: text => onProgress?.({ ...ids, text }),
  };
}

/** Records the steps that a machine will not take any more in this run. */
async function closeStep<T, K, W extends K>(
  road: Road<T, K, W>,
  step: string,
  by: string,
  { append, signal }: RunOptions<T, K, W>,
): Promise<void> {
  const ids = { target: road.id, step };
  await append(signal.aborted ? { type: 'step.stopped', ...ids } : { type: 'step.blocked', ...ids, by });
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

interface Barriers {
  open(step: string): void;
  block(step: string, by: string): void;
  /** Resolves when all steps are open on some machine: with what blocks it, or undefined. */
  pass(steps: readonly string[], signal: AbortSignal): Promise<string | undefined>;
}

function createBarriers<T, K, W extends K>(roads: readonly Road<T, K, W>[]): Barriers {
  const awaited = new Set(
    roads.flatMap(road => [...(road.after ?? []), ...road.steps.flatMap(step => step.after ?? [])]),
  );
  const gates = new Map([...awaited].map(step => [step, createGate()] as const));
  return {
    open: step => gates.get(step)?.settle(undefined),
    block: (step, by) => gates.get(step)?.settle(by),
    async pass(steps, signal) {
      const stopped = new Promise<undefined>(resolve => {
        if (signal.aborted) resolve(undefined);
        signal.addEventListener('abort', () => resolve(undefined), { once: true });
      });
      for (const step of steps) {
        const by = await Promise.race([gates.get(step)?.settled, stopped]);
        if (by !== undefined) return by;
      }
      return undefined;
    },
  };
}

function createGate(): { settled: Promise<string | undefined>; settle: (by: string | undefined) => void } {
  let settle!: (by: string | undefined) => void;
  const settled = new Promise<string | undefined>(resolve => {
    settle = resolve;
  });
  return { settled, settle };
}
