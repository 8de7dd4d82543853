import type { History, RunRecord } from './history.ts';
import { type Part, partName } from './parts.ts';
import type { Segment } from './segments.ts';
import { median } from './statistics.ts';

/** A piece of the critical path that took longer than it usually does there. */
export interface Cause {
  name: string;
  part: Part;
  ms: number;
  usualMs: number;
}

/** A run against the former ones that did the same work. */
export interface Comparison {
  /** How many former runs. */
  runs: number;
  /** Median of their durations. */
  usualMs: number;
  /** What on this run's critical path took longer than usual, the largest first. */
  causes: Cause[];
}

/** The newest former runs that count. */
const runsCompared = 20;

/** What made this run as long as it is; undefined when it did not end well or nothing like it was done before. */
export function compareWithFormer(
  record: RunRecord,
  path: readonly Segment[],
  history: History,
): Comparison | undefined {
  if (record.outcome !== 'done') return undefined;
  const former = history.runs
    .filter(
      ({ command, outcome, work }) =>
        outcome === 'done' && command === record.command && work === record.work,
    )
    .slice(-runsCompared);
  if (former.length === 0) return undefined;
  const causes = path
    .filter(({ kind }) => kind === 'work')
    .flatMap(segment => causeOf(segment, history))
    .sort((a, b) => b.ms - b.usualMs - (a.ms - a.usualMs));
  return { runs: former.length, usualMs: median(former.map(({ ms }) => ms)), causes: causes.slice(0, 5) };
}

function causeOf({ target, part, from, to }: Segment, { machines }: History): Cause[] {
  const machine = machines.get(target);
  const samples = machine?.samples[part] ?? [];
  if (!machine || samples.length === 0) return [];
  const usualMs = median(samples);
  return to - from > usualMs ? [{ name: machine.name, part, ms: to - from, usualMs }] : [];
}

export type FormatDuration = (ms: number) => string;

/** One sentence, such as `40 s slower than usual, all of it dev-10's power-on and POST (75 s, usually 35 s)`. */
export function comparisonSentence(
  { ms, comparison }: Pick<RunRecord, 'ms' | 'comparison'>,
  format: FormatDuration,
): string {
  if (!comparison) return '';
  const more = ms - comparison.usualMs;
  if (Math.abs(more) < noticeable(comparison.usualMs)) return 'as usual';
  if (more < 0) return `${format(-more)} faster than usual`;
  return `${format(more)} slower than usual${blame(more, comparison.causes, format)}`;
}

/** Two per cent, and at least a second, is no difference. */
function noticeable(usualMs: number): number {
  return Math.max(1_000, usualMs * 0.02);
}

/** The largest causes, until nearly everything is explained. */
function blame(more: number, causes: readonly Cause[], format: FormatDuration): string {
  const named: Cause[] = [];
  let explained = 0;
  for (const cause of causes) {
    if (explained >= more * 0.9 || cause.ms - cause.usualMs < more * 0.1) break;
    named.push(cause);
    explained += cause.ms - cause.usualMs;
  }
  if (named.length === 0) return '';
  const share = explained >= more * 0.9 ? 'all of it' : `${format(explained)} of it`;
  return `, ${share} ${named.map(cause => causeText(cause, format)).join(' and ')}`;
}

function causeText({ name, part, ms, usualMs }: Cause, format: FormatDuration): string {
  return `${name}'s ${partName(part)} (${format(ms)}, usually ${format(usualMs)})`;
}
