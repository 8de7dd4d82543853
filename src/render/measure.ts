import { formatDuration } from '../core/durations.ts';
import { comparisonSentence } from '../history/compare.ts';
import type { CycleTimes, MeasuredCycle, Measurement } from '../history/cycles.ts';
import { partName } from '../history/parts.ts';
import type { Spread } from '../history/statistics.ts';
import { formatTable } from './table.ts';

/** What was measured: a line a cycle, and the spread of each stage over all of them. */
export function measureText({ cycles, spreads }: Measurement): string {
  const things = spreads.map(({ what }) => what);
  const rows = cycles.map((cycle, index) => [
    String(index + 1),
    ...things.map(what => durationText(cycle.times, what)),
    whyText(cycle),
  ]);
  const heads = things.map(what => what.toUpperCase());
  const spreadRows = spreads.map(({ what, spread }) => [what, ...spreadTexts(spread)]);
  return `${formatTable([['CYCLE', ...heads, ''], ...rows])}\n${formatTable([
    [`${cycles.length} CYCLES`, 'MINIMUM', 'MEDIAN', 'P90', 'MAXIMUM', 'STANDARD DEVIATION'],
    ...spreadRows,
  ])}`;
}

function durationText(times: CycleTimes, what: keyof CycleTimes): string {
  const ms = times[what];
  return ms === undefined ? '-' : formatDuration(ms);
}

/** What made the cycle slow; where it was not slower than others, the longest piece of its critical path. */
function whyText({ record: { ms }, comparison, path }: MeasuredCycle): string {
  const sentence = comparisonSentence(comparison ? { ms, comparison } : { ms }, formatDuration);
  if (sentence.includes('slower')) return sentence;
  const [longest] = [...path].sort((a, b) => b.ms - a.ms);
  const piece = longest
    ? `longest: ${longest.name}'s ${partName(longest.part)}, ${formatDuration(longest.ms)}`
    : '';
  return [sentence, piece].filter(each => each !== '').join('; ');
}

function spreadTexts({ minimum, median, p90, maximum, standardDeviation }: Spread): string[] {
  return [minimum, median, p90, maximum, standardDeviation].map(formatDuration);
}

/** The same for programs; durations in seconds. */
export function measureJson({ cycles, spreads }: Measurement): Record<string, unknown> {
  return {
    cycles: cycles.map((cycle, index) => ({
      cycle: index + 1,
      run: cycle.record.run,
      startedAt: new Date(cycle.record.startedAt).toISOString(),
      seconds: Object.fromEntries(Object.entries(cycle.times).map(([what, ms]) => [what, secondsOf(ms)])),
      why: whyText(cycle),
      criticalPath: cycle.path.map(({ ms, ...piece }) => ({ ...piece, seconds: secondsOf(ms) })),
    })),
    statistics: Object.fromEntries(
      spreads.map(({ what, spread: { count, ...times } }) => [
        what,
        {
          count,
          ...Object.fromEntries(Object.entries(times).map(([name, ms]) => [name, secondsOf(ms)])),
        },
      ]),
    ),
  };
}

function secondsOf(ms: number): number {
  return Math.round(ms / 10) / 100;
}
