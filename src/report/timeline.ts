import { formatDuration } from '../core/durations.ts';
import { type Part, partName, partsInOrder } from '../history/parts.ts';
import { type Segment, segmentsOf } from '../history/segments.ts';
import type { RunView } from '../journal/fold.ts';
import { round, tickLabel, ticksUntil } from './axis.ts';
import { colourOf } from './colours.ts';
import { type Markup, markup } from './markup.ts';

/** More lanes nobody reads: those that ended last are shown. */
const mostLanes = 300;

const plot = { left: 150, width: 940, right: 70 };
const axisHeight = 22;
/** Two of them fit on a page of paper. */
const blockHeight = 290;

interface Frame {
  startedAt: number;
  ms: number;
  laneHeight: number;
  /** Segments of the critical path, as `keyOf` names them. */
  critical: ReadonlySet<string>;
}

interface Lane {
  name: string;
  segments: Segment[];
  failures: { at: number; text: string }[];
}

/** One lane a machine or add-on, with the critical path on top. Cut into pictures that fit on a page each. */
export function timeline(view: RunView, path: readonly Segment[]): Markup {
  const lanes = lanesOf(view);
  const shown = lanes.length <= mostLanes ? lanes : latest(lanes);
  const frame: Frame = {
    startedAt: view.startedAt,
    ms: Math.max(1, (view.endedAt ?? view.lastAt) - view.startedAt),
    laneHeight: laneHeightFor(shown.length),
    critical: new Set(path.map(keyOf)),
  };
  const perBlock = Math.max(4, Math.floor(blockHeight / frame.laneHeight));
  const blocks = Array.from({ length: Math.ceil(shown.length / perBlock) }, (_, index) =>
    shown.slice(index * perBlock, (index + 1) * perBlock),
  );
  const hidden = lanes.length - shown.length;
  const note =
    hidden === 0
      ? undefined
      : markup`<p class="note">${hidden} machines that ended sooner are left out of the picture; all of them are in the table below.</p>`;
  return markup`${legend(shown)}${pathPicture(view, path, frame)}${blocks.map(block => picture(block, frame))}${note}`;
}

function lanesOf(view: RunView): Lane[] {
  const failures = new Map<string, Lane['failures']>();
  for (const { at, target, step, error } of view.failures) {
    const list = failures.get(target) ?? [];
    list.push({ at, text: `${step} failed: ${error.message}` });
    failures.set(target, list);
  }
  return [...view.targets.values()].map(target => ({
    name: target.name,
    segments: segmentsOf(view, target),
    failures: failures.get(target.target) ?? [],
  }));
}

function latest(lanes: readonly Lane[]): Lane[] {
  const endOf = ({ segments }: Lane): number => segments.at(-1)?.to ?? 0;
  const kept = new Set([...lanes].sort((a, b) => endOf(b) - endOf(a)).slice(0, mostLanes));
  return lanes.filter(lane => kept.has(lane));
}

function laneHeightFor(count: number): number {
  if (count <= 12) return 28;
  if (count <= 40) return 20;
  return count <= 100 ? 15 : 12;
}

function keyOf({ target, part, kind, from }: Segment): string {
  return `${target} ${part} ${kind} ${from}`;
}

/** The critical path in one lane: whose work it was is written on it. */
function pathPicture(view: RunView, path: readonly Segment[], frame: Frame): Markup | undefined {
  if (path.length === 0) return undefined;
  const bars = path.map(segment => {
    const name = nameOf(view, segment.target);
    return bar(segment, 2, 24, frame, [`${name}: ${partName(segment.part)}`, name], true);
  });
  const height = 28 + axisHeight;
  return svg(height, [
    markup`<text class="lane strong" x="${plot.left - 8}" y="19" font-size="12" text-anchor="end">critical path</text>`,
    axis(28, frame),
    bars,
  ]);
}

function picture(lanes: readonly Lane[], frame: Frame): Markup {
  const height = lanes.length * frame.laneHeight;
  return svg(height + axisHeight, [
    axis(height, frame),
    lanes.map((lane, index) => laneMarkup(lane, index * frame.laneHeight, frame)),
  ]);
}

function svg(height: number, content: readonly (Markup | Markup[])[]): Markup {
  const width = plot.left + plot.width + plot.right;
  return markup`<svg class="chart" viewBox="0 0 ${width} ${height}" role="img" aria-label="timeline">${content}</svg>`;
}

function axis(height: number, frame: Frame): Markup {
  const lines = ticksUntil(frame.ms, 8).map(ms => {
    const x = round(plot.left + (ms / frame.ms) * plot.width);
    return markup`<line class="grid" x1="${x}" x2="${x}" y1="0" y2="${height + 4}"/><text class="tick" x="${x}" y="${height + 17}" text-anchor="middle">${tickLabel(ms)}</text>`;
  });
  return markup`<g>${lines}</g>`;
}

function laneMarkup({ name, segments, failures }: Lane, top: number, frame: Frame): Markup {
  const gap = frame.laneHeight >= 20 ? 3 : 1.5;
  const y = top + gap;
  const height = frame.laneHeight - 2 * gap;
  const isCritical = segments.some(segment => frame.critical.has(keyOf(segment)));
  const size = Math.min(12, frame.laneHeight - 2);
  const middle = round(top + frame.laneHeight / 2 + size * 0.35);
  const last = segments.at(-1)?.to;
  const total = last === undefined ? '' : formatDuration(last - frame.startedAt);
  const endX = last === undefined ? plot.left : xOf(last, frame);
  return markup`<g><text class="lane${isCritical ? ' strong' : ''}" x="${plot.left - 8}" y="${middle}" font-size="${size}" text-anchor="end">${shortened(name, size)}</text>${segments.map(
    segment => bar(segment, y, height, frame, [partName(segment.part)], frame.critical.has(keyOf(segment))),
  )}${failures.map(failure => cross(failure, y, height, frame))}<text class="tick" x="${round(endX + 6)}" y="${middle}" font-size="${Math.min(11, size)}">${total}</text></g>`;
}

function bar(
  segment: Segment,
  y: number,
  height: number,
  frame: Frame,
  labels: readonly string[],
  isCritical: boolean,
): Markup {
  const { part, kind, from, to } = segment;
  const x = xOf(from, frame);
  const width = Math.max(0.75, xOf(to, frame) - x);
  const { fill, dark } = colourOf(part);
  const isWait = kind === 'wait';
  const critical = isCritical ? ' critical' : '';
  const shape = isWait
    ? markup`<rect class="wait${critical}" x="${round(x)}" y="${y}" width="${round(width)}" height="${height}" fill="url(#wait)">`
    : markup`<rect class="bar${critical}" x="${round(x)}" y="${y}" width="${round(width)}" height="${height}" fill="${fill}">`;
  const text = (isWait ? ['waits'] : labels).find(each => width >= each.length * 6 + 8);
  const written =
    text !== undefined && height >= 12
      ? markup`<text class="${isWait ? 'tick' : dark ? 'on-dark' : 'on-light'}" x="${round(x + 5)}" y="${round(y + height / 2 + 4)}" font-size="11">${text}</text>`
      : undefined;
  return markup`${shape}<title>${titleOf(segment, labels[0] ?? '', frame)}</title></rect>${written}`;
}

function titleOf({ part, kind, from, to, waitedFor }: Segment, label: string, { startedAt }: Frame): string {
  const what = kind === 'wait' ? `waits to begin ${partName(part)}` : label;
  const why = waitedFor === undefined ? '' : `, for ${waitedFor}`;
  const span = `${formatDuration(from - startedAt)} to ${formatDuration(to - startedAt)}`;
  return `${what}${why}, ${formatDuration(to - from)} (${span})`;
}

function cross({ at, text }: Lane['failures'][number], y: number, height: number, frame: Frame): Markup {
  const x = round(xOf(at, frame));
  const size = Math.min(6, height / 2);
  const middle = y + height / 2;
  const path = `M${x - size} ${round(middle - size)}l${2 * size} ${2 * size}m0 ${-2 * size}l${-2 * size} ${2 * size}`;
  return markup`<g><title>${text}</title><path class="cross-ground" d="${path}"/><path class="cross" d="${path}"/></g>`;
}

function xOf(at: number, { startedAt, ms }: Frame): number {
  return plot.left + (Math.min(ms, Math.max(0, at - startedAt)) / ms) * plot.width;
}

function nameOf(view: RunView, target: string): string {
  return view.targets.get(target)?.name ?? target;
}

/** Long names end in three points; the table has them whole. */
function shortened(name: string, size: number): string {
  const room = Math.floor((plot.left - 12) / (size * 0.58));
  return name.length <= room ? name : `${name.slice(0, room - 1)}…`;
}

/** The parts that there are, waits and marks. */
function legend(lanes: readonly Lane[]): Markup {
  const present = new Set<Part>();
  for (const { segments } of lanes)
    for (const { part, kind } of segments) if (kind === 'work') present.add(part);
  const known = partsInOrder.filter(part => present.has(part));
  const names = new Map([...known].map(part => [partName(part), part] as const));
  const swatches = [...names].map(
    ([name, part]) =>
      markup`<li><svg width="14" height="14" aria-hidden="true"><rect class="bar" width="14" height="14" fill="${colourOf(part).fill}"/></svg>${name}</li>`,
  );
  return markup`<ul class="legend">${swatches}
<li><svg width="14" height="14" aria-hidden="true"><rect class="wait" width="14" height="14" fill="url(#wait)"/></svg>waits</li>
<li><svg width="14" height="14" aria-hidden="true"><rect class="bar critical" x="1.5" y="1.5" width="11" height="11" fill="none"/></svg>on the critical path</li>
<li><svg width="14" height="14" aria-hidden="true"><path class="cross-ground" d="M2 2l10 10m0 -10l-10 10"/><path class="cross" d="M2 2l10 10m0 -10l-10 10"/></svg>a step failed</li></ul>`;
}

/** The pattern of waits, once a page. */
export const patterns = markup`<svg width="0" height="0" aria-hidden="true" class="defs"><defs><pattern id="wait" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="wait-ground" width="6" height="6"/><line class="wait-line" x1="0" y1="0" x2="0" y2="6"/></pattern></defs></svg>`;
