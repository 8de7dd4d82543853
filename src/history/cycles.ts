import { type Stage, stages } from '../journal/events.ts';
import type { RunView } from '../journal/fold.ts';
import { type Comparison, compareWithFormer } from './compare.ts';
import { criticalPath } from './critical-path.ts';
import { emptyHistory, foldRun, type PathPiece, type RunRecord } from './history.ts';
import { type Spread, spreadOf } from './statistics.ts';

/** One cycle: the machines are given back (there may have been nothing to give back), and brought up again. */
export interface Cycle {
  release: RunView | undefined;
  up: RunView;
}

/** What is timed in a cycle; a stage that nobody needed is missing. */
export type CycleTimes = Partial<Record<'release' | Stage | 'total', number>>;

export interface MeasuredCycle {
  /** Milliseconds. Of a stage: the machine that took longest in it; `total` is the whole cycle. */
  times: CycleTimes;
  record: RunRecord;
  path: PathPiece[];
  /** Against the other cycles. */
  comparison: Comparison | undefined;
}

export interface Measurement {
  cycles: MeasuredCycle[];
  /** Over all cycles, in milliseconds. */
  spreads: { what: keyof CycleTimes; spread: Spread }[];
}

/** What cycles of the same machines say together. */
export function measurementOf(cycles: readonly Cycle[]): Measurement {
  const all = emptyHistory();
  const records = cycles.map(({ up }) => foldRun(all, up));
  const measured = cycles.map((cycle, index): MeasuredCycle => {
    const record = records[index] as RunRecord;
    // Every cycle is measured by all of them, not only by those that came before it.
    const comparison = compareWithFormer(record, criticalPath(cycle.up), all);
    return { times: timesOf(cycle), record, path: record.path, comparison };
  });
  return { cycles: measured, spreads: spreadsOf(measured) };
}

function timesOf({ release, up }: Cycle): CycleTimes {
  const releaseMs = release && durationOf(release);
  return {
    ...(releaseMs === undefined ? {} : { release: releaseMs }),
    ...longestByStage(up),
    total: (releaseMs ?? 0) + durationOf(up),
  };
}

function durationOf({ startedAt, endedAt, lastAt }: RunView): number {
  return (endedAt ?? lastAt) - startedAt;
}

function longestByStage(view: RunView): Partial<Record<Stage, number>> {
  const longest: Partial<Record<Stage, number>> = {};
  for (const { steps } of view.targets.values()) {
    const own: Partial<Record<Stage, number>> = {};
    for (const { id, startedAt, endedAt } of steps) {
      if (startedAt === undefined || endedAt === undefined) continue;
      const stage = id.slice(0, id.indexOf('.')) as Stage;
      own[stage] = (own[stage] ?? 0) + endedAt - startedAt;
    }
    for (const stage of stages)
      if (own[stage] !== undefined) longest[stage] = Math.max(longest[stage] ?? 0, own[stage]);
  }
  return longest;
}

const measuredThings = ['release', ...stages, 'total'] as const;

function spreadsOf(cycles: readonly MeasuredCycle[]): Measurement['spreads'] {
  return measuredThings.flatMap(what => {
    const spread = spreadOf(cycles.flatMap(({ times: { [what]: ms } }) => (ms === undefined ? [] : [ms])));
    return spread ? [{ what, spread }] : [];
  });
}
