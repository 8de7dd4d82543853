import type { Clock } from '../core/clock.ts';
import { asColdstartError } from '../core/errors.ts';
import type { FailureRecord, JournalEvent, Progress, RunOutcome } from '../journal/events.ts';
import { createSerial, type Serial } from './serial.ts';
import type { Patience, StepContext, StepDefinition } from './step.ts';
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
  /** How long to wait in a step, given what the step itself says. What the step says when missing. */
  patienceOf?(target: string, step: string, said: Partial<Patience>): Partial<Patience>;
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
      const opener = `${step.id} of ${road.id}`;
      barriers.open(step.id, opener);
      barriers.open(opener, opener);
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
  const { blockedBy, waitedFor } = await barriers.pass(
    [...(step.after ?? []), ...(road.after ?? [])],
    signal,
  );
  if (signal.aborted) {
    await append({ type: 'step.stopped', target: road.id, step: step.id });
    return 'stopped';
  }
  if (blockedBy !== undefined) {
    await append({ type: 'step.blocked', target: road.id, step: step.id, by: blockedBy });
    return 'blocked';
  }
  return serial.run(step.oneByOne, `${step.id} of ${road.id}`, former =>
    attemptStep(road, step, former ?? waitedFor, options),
  );
}

async function attemptStep<T, K, W extends K>(
  road: Road<T, K, W>,
  step: StepDefinition<T, K, W>,
  waitedFor: string | undefined,
  options: RunOptions<T, K, W>,
): Promise<StepEnd> {
  const { append, signal } = options;
  const waited = waitedFor === undefined ? {} : { waitedFor };
  const ids = { target: road.id, step: step.id };
  const attempts = step.attempts ?? 1;
  for (let attempt = 1; ; attempt += 1) {
    if (signal.aborted) {
      await append({ type: 'step.stopped', ...ids });
      return 'stopped';
    }
    await append({ type: 'step.started', ...ids, attempt, ...(attempt === 1 ? waited : {}) });
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
  { append, onProgress, clock, signal, patienceOf }: RunOptions<T, K, W>,
): StepContext {
  return {
    signal,
    attempt,
    async change(sentence, act) {
      signal.throwIfAborted();
      await append({ type: 'step.changing', ...ids, change: sentence });
      return act(signal);
    },
    until: (condition, look, said = {}) =>
      waitUntil(condition, look, {
        clock,
        signal,
        ...(patienceOf?.(ids.target, ids.step, said) ?? said),
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
  /** `opener` is `STEP of ROAD`. */
  open(step: string, opener: string): void;
  block(step: string, by: string): void;
  /** Resolves when all steps are open on some machine, or one of them never can be. */
  pass(steps: readonly string[], signal: AbortSignal): Promise<Passage>;
}

interface Passage {
  blockedBy?: string;
  /** The last step that opened, when it had to be waited for. */
  waitedFor?: string;
}

function createBarriers<T, K, W extends K>(roads: readonly Road<T, K, W>[]): Barriers {
  const awaited = new Set(
    roads.flatMap(road => [...(road.after ?? []), ...road.steps.flatMap(step => step.after ?? [])]),
  );
  const gates = new Map([...awaited].map(step => [step, createGate()] as const));
  return {
    open: (step, opener) => gates.get(step)?.settle({ waitedFor: opener }),
    block: (step, by) => gates.get(step)?.settle({ blockedBy: by }),
    async pass(steps, signal) {
      const stopped = new Promise<Passage>(resolve => {
        if (signal.aborted) resolve({});
        signal.addEventListener('abort', () => resolve({}), { once: true });
      });
      let passage: Passage = {};
      for (const gate of steps.map(step => gates.get(step))) {
        const stoodOpen = gate?.isSettled() ?? true;
        const settled = await Promise.race([gate?.settled, stopped]);
        if (settled?.blockedBy !== undefined) return settled;
        if (!stoodOpen && settled) passage = settled;
      }
      return passage;
    },
  };
}

interface Gate {
  settled: Promise<Passage>;
  isSettled(): boolean;
  settle(passage: Passage): void;
}

function createGate(): Gate {
  let resolveOnce!: (passage: Passage) => void;
  let isSettled = false;
  const settled = new Promise<Passage>(resolve => {
    resolveOnce = resolve;
  });
  return {
    settled,
    isSettled: () => isSettled,
    settle(passage) {
      isSettled = true;
      resolveOnce(passage);
    },
  };
}
