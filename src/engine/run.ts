import type { Clock } from '../core/clock.ts';
import type { ErrorCode } from '../core/errors.ts';
import type { FailureRecord, JournalEvent, Progress, RunOutcome, TargetRecord } from '../journal/events.ts';
import { attemptStep, type StepEnd } from './attempt.ts';
import { type Barriers, createBarriers } from './barriers.ts';
import { createLimits, type Limits } from './limits.ts';
import { createSerial, type Serial } from './serial.ts';
import type { Patience, StepDefinition } from './step.ts';

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
  /** How long to wait in a step, given what the step itself says. What the step says when missing. */
  patienceOf?(target: string, step: string, said: Partial<Patience>): Partial<Patience>;
  /** How often a failure is tried again, and after which pause. As the step says when missing. */
  treatmentOf?(code: ErrorCode): { tries: number | 'once'; pauseMs: number };
  /** What lies behind a failure, where somebody knows more than the step that met it; the error itself where nobody does. */
  explain?(failed: { target: string; step: string; error: unknown }): Promise<unknown>;
  /** Who takes the place of a target that failed for good, if anybody. */
  standIn?(failed: FailedStep): Promise<StandIn<T, K, W> | undefined>;
  /** Whether the run is done with these ends. When all are done when missing. */
  suffices?(ends: readonly { target: T; end: StepEnd['end'] }[]): boolean;
}

export interface FailedStep {
  /** The road's id. */
  target: string;
  step: string;
  error: FailureRecord;
  /** Waits for a step of any road; false when it never can be done, or when the run is stopped. */
  passed(step: string): Promise<boolean>;
}

export interface StandIn<T, K, W extends K> {
  road: Road<T, K, W>;
  record: TargetRecord;
}

/**
 * Walks every machine along its road at the same time. The only waits between machines are those that steps declare
 * (`after`, `oneByOne`). A machine that fails stops there; the others go on.
 */
export async function runRoads<T, K, W extends K>(options: RunOptions<T, K, W>): Promise<RunOutcome> {
  const barriers = createBarriers(options.roads);
  const turns = { serial: createSerial(), limits: createLimits(options.clock, options.signal) };
  const ends = await allEnded(options.roads.map(road => walk(road, options, barriers, turns)));
  turns.limits.close();
  if (options.signal.aborted) return 'stopped';
  const suffices = options.suffices ?? (all => all.every(({ end }) => end === 'done'));
  return suffices(ends) ? 'done' : 'failed';
}

/** When one throws (the journal cannot be written), the others are waited for: nothing goes on behind the caller's back. */
async function allEnded<T>(walks: readonly Promise<T>[]): Promise<T[]> {
  await Promise.allSettled(walks);
  return Promise.all(walks);
}

/** What keeps steps of different machines from running at the same time. */
interface Turns {
  serial: Serial;
  limits: Limits;
}

async function walk<T, K, W extends K>(
  road: Road<T, K, W>,
  options: RunOptions<T, K, W>,
  barriers: Barriers,
  turns: Turns,
): Promise<{ target: T; end: StepEnd['end'] }> {
  for (const [index, step] of road.steps.entries()) {
    const { end, error } = await takeStep(road, step, options, barriers, turns);
    if (end === 'done') {
      const opener = `${step.id} of ${road.id}`;
      barriers.open(step.id, opener);
      barriers.open(opener, opener);
      continue;
    }
    const next = error && (await standInFor(road, step.id, error, options, barriers));
    if (next) {
      for (const rest of road.steps.slice(index + 1)) await closeStep(road, rest.id, step.id, options);
      await options.append({ type: 'target.replaced', target: road.id, by: next.record });
      return walk(next.road, options, barriers, turns);
    }
    for (const rest of road.steps.slice(index)) {
      barriers.block(rest.id, `${step.id} of ${road.id}`);
      barriers.block(`${rest.id} of ${road.id}`, `${step.id} of ${road.id}`);
    }
    for (const rest of road.steps.slice(index + 1)) await closeStep(road, rest.id, step.id, options);
    return { target: road.target, end };
  }
  return { target: road.target, end: 'done' };
}

async function standInFor<T, K, W extends K>(
  { id }: Road<T, K, W>,
  step: string,
  error: FailureRecord,
  { standIn, signal }: RunOptions<T, K, W>,
  barriers: Barriers,
): Promise<StandIn<T, K, W> | undefined> {
  const passed = async (awaited: string): Promise<boolean> => {
    const { blockedBy } = await barriers.pass([awaited], signal);
    return blockedBy === undefined && !signal.aborted;
  };
  return standIn?.({ target: id, step, error, passed });
}

async function takeStep<T, K, W extends K>(
  road: Road<T, K, W>,
  step: StepDefinition<T, K, W>,
  options: RunOptions<T, K, W>,
  barriers: Barriers,
  turns: Turns,
): Promise<StepEnd> {
  const { world, append, signal } = options;
  if (step.done(road.target, world)) {
    await append({ type: 'step.done', target: road.id, step: step.id, already: true });
    return { end: 'done' };
  }
  const { blockedBy, waitedFor } = await barriers.pass(
    [...(step.after ?? []), ...(road.after ?? [])],
    signal,
  );
  if (signal.aborted) {
    await append({ type: 'step.stopped', target: road.id, step: step.id });
    return { end: 'stopped' };
  }
  if (blockedBy !== undefined) {
    await append({ type: 'step.blocked', target: road.id, step: step.id, by: blockedBy });
    return { end: 'blocked' };
  }
  return turns.serial.run(step.oneByOne, `${step.id} of ${road.id}`, former =>
    attemptStep(road, step, former ?? waitedFor, options, turns.limits),
  );
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
