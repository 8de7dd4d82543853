import { formatDuration } from '../core/durations.ts';
import type { RunRecord } from '../history/history.ts';
import { median } from '../history/statistics.ts';
import { round, tickLabel, ticksUntil } from './axis.ts';
import { type Markup, markup } from './markup.ts';

/** The newest runs that have room beside each other. */
const mostRuns = 60;
const plot = { left: 70, top: 10, width: 1000, height: 180, bottom: 24 };

/** How long runs of the same command took, oldest first; this one stands out. */
export function cycleChart(runs: readonly RunRecord[], current: RunRecord): Markup | undefined {
  const before = runs.filter(({ command }) => command === current.command);
  const end = before.findIndex(({ run }) => run === current.run);
  const shown = before.slice(Math.max(0, end + 1 - mostRuns), end + 1);
  if (shown.length < 2) return undefined;
  const top = Math.max(1, ...shown.map(({ ms }) => ms)) * 1.12;
  const slot = plot.width / shown.length;
  const width = plot.left + plot.width + 20;
  const bars = shown.map((run, index) => barOf(run, { x: plot.left + index * slot, slot, top, current }));
  return markup`<svg class="chart" viewBox="0 0 ${width} ${plot.top + plot.height + plot.bottom}" role="img" aria-label="duration of runs">
${grid(top)}${bars}${usualLine(shown, current, top)}</svg>
<ul class="legend"><li><svg width="14" height="14" aria-hidden="true"><rect class="cycle" width="14" height="14"/></svg>did the same work</li>
<li><svg width="14" height="14" aria-hidden="true"><rect class="cycle other" x="1" y="1" width="12" height="12"/></svg>did other work</li>
<li><svg width="14" height="14" aria-hidden="true"><rect class="cycle bad" x="1" y="1" width="12" height="12"/></svg>did not end well</li>
<li><svg width="14" height="14" aria-hidden="true"><rect class="cycle current" x="1.5" y="1.5" width="11" height="11"/></svg>this run</li></ul>`;
}

function grid(top: number): Markup {
  const lines = ticksUntil(top, 5).map(ms => {
    const y = round(yOf(ms, top));
    return markup`<line class="grid" x1="${plot.left}" x2="${plot.left + plot.width}" y1="${y}" y2="${y}"/><text class="tick" x="${plot.left - 8}" y="${y + 4}" text-anchor="end">${tickLabel(ms)}</text>`;
  });
  return markup`<g>${lines}</g>`;
}

interface Slot {
  x: number;
  slot: number;
  top: number;
  current: RunRecord;
}

function barOf(run: RunRecord, { x, slot, top, current }: Slot): Markup {
  const width = Math.min(48, slot * 0.72);
  const left = round(x + (slot - width) / 2);
  const y = round(yOf(run.ms, top));
  const kind = run.outcome !== 'done' ? ' bad' : run.work === current.work ? '' : ' other';
  const isCurrent = run.run === current.run ? ' current' : '';
  const height = round(Math.max(1, plot.top + plot.height - y));
  const written =
    slot >= 44
      ? markup`<text class="tick" x="${round(left + width / 2)}" y="${plot.top + plot.height + 16}" text-anchor="middle">${tickLabel(run.ms)}</text>`
      : undefined;
  return markup`<rect class="cycle${kind}${isCurrent}" x="${left}" y="${y}" width="${round(width)}" height="${height}"><title>${run.run}: ${run.outcome}, ${formatDuration(run.ms)}, ${run.machines} machines</title></rect>${written}`;
}

/** The median of those that did the same work and ended well, the current one aside. */
function usualLine(shown: readonly RunRecord[], current: RunRecord, top: number): Markup | undefined {
  const same = shown.filter(
    ({ run, work, outcome }) => run !== current.run && work === current.work && outcome === 'done',
  );
  if (same.length === 0) return undefined;
  const usual = median(same.map(({ ms }) => ms));
  const y = round(yOf(usual, top));
  const right = plot.left + plot.width;
  return markup`<line class="usual" x1="${plot.left}" x2="${right}" y1="${y}" y2="${y}"/><text class="lane" x="${right}" y="${y - 5}" text-anchor="end">median ${tickLabel(usual)}</text>`;
}

function yOf(ms: number, top: number): number {
  return plot.top + plot.height * (1 - ms / top);
}
