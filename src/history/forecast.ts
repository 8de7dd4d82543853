import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import type { Expectations } from './expect.ts';
import { median } from './statistics.ts';

/** When things are expected to end, in milliseconds from now. */
export interface Forecast {
  /** Until the last machine is through; undefined where a machine's time cannot be told. */
  leftMs: number | undefined;
  /** Until each target is through; targets whose time cannot be told are missing. */
  leftOf: ReadonlyMap<string, number>;
  /** Targets whose running step takes longer than it usually does. */
  late: ReadonlySet<string>;
}

/** Steps of other targets that must be done before a step. */
export type After = (step: string) => readonly string[];

/**
 * What history says about the rest of a run. A step takes as long as it usually does on that machine, else on its peers,
 * else as long as others took in this very run.
 */
export function forecastOf(view: RunView, now: number, expectations: Expectations, after: After): Forecast {
  const rest = createRest(view, now, expectations, after);
  const leftOf = new Map<string, number>();
  const late = new Set<string>();
  let isComplete = true;
  for (const target of view.targets.values()) {
    const open = target.steps.find(isOpen);
    if (!open) continue;
    const end = rest.endOf(target, target.steps.length - 1);
    if (end === undefined) isComplete &&= isGivenUp(target);
    else leftOf.set(target.target, Math.max(0, end - now));
    if (rest.isLate(target, open)) late.add(target.target);
  }
  const leftMs = isComplete && leftOf.size > 0 ? Math.max(...leftOf.values()) : undefined;
  return { leftMs, leftOf, late };
}

interface Rest {
  /** When the step at this place of the road ends; undefined when that cannot be told. */
  endOf(target: TargetView, index: number): number | undefined;
  isLate(target: TargetView, step: StepView): boolean;
}

function createRest(view: RunView, now: number, expectations: Expectations, after: After): Rest {
  const inThisRun = durationsIn(view);
  const ends = new Map<StepView, number | undefined>();
  const gates = new Map<string, number | undefined>();

  const usualMs = ({ target }: TargetView, step: string): number | undefined =>
    expectations.of(target, step)?.usualMs ?? inThisRun.get(step);
  /** Who is known to go further passes what nobody was ever seen doing without taking time. */
  const timeOf = (target: TargetView, index: number): number | undefined => {
    const known = usualMs(target, target.steps[index]?.id ?? '');
    if (known !== undefined) return known;
    return target.steps.slice(index + 1).some(({ id }) => usualMs(target, id) !== undefined) ? 0 : undefined;
  };
  const gateOf = (step: string): number | undefined => {
    if (!gates.has(step)) {
      gates.set(step, undefined);
      gates.set(step, earliest(view, step, endOf));
    }
    return gates.get(step);
  };
  const startOf = (target: TargetView, index: number): number | undefined => {
    const own = index === 0 ? now : endOf(target, index - 1);
    const gatesOfStep = after(target.steps[index]?.id ?? '').map(gateOf);
    return latest([own, ...gatesOfStep]);
  };
  const endOf = (target: TargetView, index: number): number | undefined => {
    const step = target.steps[index];
    if (!step) return now;
    if (!ends.has(step)) ends.set(step, endOfStep(target, step, index));
    return ends.get(step);
  };
  const endOfStep = (target: TargetView, step: StepView, index: number): number | undefined => {
    if (step.state === 'done' || step.state === 'already') return step.endedAt;
    if (step.state !== 'running' && step.state !== 'waiting') return undefined;
    const takes = timeOf(target, index);
    const start = step.state === 'running' ? step.startedAt : startOf(target, index);
    return takes === undefined || start === undefined ? undefined : Math.max(now, start + takes);
  };
  return {
    endOf,
    isLate: (target, { id, state, startedAt }) => {
      const expected = expectations.of(target.target, id);
      const running = state === 'running' && startedAt !== undefined;
      return running && expected !== undefined && now - startedAt > slack(expected.p90Ms);
    },
  };
}

/** A tenth more than nine of ten times, and at least two seconds, is late. */
function slack(p90Ms: number): number {
  return Math.max(p90Ms * 1.1, p90Ms + 2_000);
}

/** When the first target is through a step. */
function earliest(view: RunView, step: string, endOf: Rest['endOf']): number | undefined {
  let first: number | undefined;
  for (const target of view.targets.values()) {
    const index = target.steps.findIndex(({ id }) => id === step);
    const end = index === -1 ? undefined : endOf(target, index);
    if (end !== undefined) first = Math.min(first ?? end, end);
  }
  return first;
}

function latest(times: readonly (number | undefined)[]): number | undefined {
  let last = 0;
  for (const time of times) {
    if (time === undefined) return undefined;
    last = Math.max(last, time);
  }
  return last;
}

function isOpen({ state }: StepView): boolean {
  return state !== 'done' && state !== 'already';
}

function isGivenUp({ steps }: TargetView): boolean {
  return steps.some(({ state }) => state === 'failed' || state === 'blocked' || state === 'stopped');
}

/** Medians of what steps took so far in this run. */
function durationsIn(view: RunView): Map<string, number> {
  const durations = new Map<string, number[]>();
  for (const { steps } of view.targets.values()) {
    for (const { id, state, attempt, startedAt, endedAt } of steps) {
      if (state !== 'done' || attempt !== 1 || startedAt === undefined || endedAt === undefined) continue;
      const list = durations.get(id);
      if (list) list.push(endedAt - startedAt);
      else durations.set(id, [endedAt - startedAt]);
    }
  }
  return new Map([...durations].map(([id, list]) => [id, median(list)]));
}
