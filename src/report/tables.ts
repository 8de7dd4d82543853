import { formatDuration } from '../core/durations.ts';
import { type MachineHistory, type RunRecord, worthSaying } from '../history/history.ts';
import { partName } from '../history/parts.ts';
import { segmentsOf } from '../history/segments.ts';
import { median } from '../history/statistics.ts';
import { type Stage, stages } from '../journal/events.ts';
import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import { type Content, type Markup, markup } from './markup.ts';

/** Every machine and add-on of the run: what it is, where its time went, and how it ended. */
export function targetsTable(view: RunView, machines: ReadonlyMap<string, MachineHistory>): Markup {
  const rows = [...view.targets.values()].map(target => {
    const { work, waitMs } = timesOf(view, target);
    const history = machines.get(target.target)?.samples['hardware.deploy'];
    return [
      target.name,
      target.role === 'add-on' ? '' : target.target,
      target.role,
      endOf(target),
      ...stages.map(stage => duration(work[stage])),
      duration(waitMs),
      history === undefined ? '–' : formatDuration(median(history)),
    ];
  });
  const heading = ['name', 'system id', 'role', 'end', ...stages, 'waits', 'usual deployment'];
  return table(heading, rows, 4);
}

function timesOf(
  view: RunView,
  target: TargetView,
): { work: Partial<Record<Stage, number>>; waitMs: number | undefined } {
  const work: Partial<Record<Stage, number>> = {};
  let waitMs: number | undefined;
  for (const { step, kind, from, to } of segmentsOf(view, target)) {
    const stage = step.slice(0, step.indexOf('.')) as Stage;
    if (kind === 'wait') waitMs = (waitMs ?? 0) + to - from;
    else work[stage] = (work[stage] ?? 0) + to - from;
  }
  return { work, waitMs };
}

function endOf({ steps }: TargetView): string {
  const open = steps.find(({ state }) => state !== 'done' && state !== 'already');
  if (!open) return 'done';
  return `${stateText(open)}: ${partName(open.id)}`;
}

function stateText({ state }: StepView): string {
  return state === 'waiting' ? 'not begun' : state;
}

/** Failures, those that were tried again too. */
export function failuresTable(view: RunView): Markup | undefined {
  if (view.failures.length === 0) return undefined;
  const rows = view.failures.map(({ at, target, step, attempt, retry, error }) => [
    formatDuration(at - view.startedAt),
    view.targets.get(target)?.name ?? target,
    partName(step),
    String(attempt),
    retry ? 'tried again' : 'gave up',
    markup`${error.message}${error.because === undefined ? undefined : markup`<br>because ${error.because}`}<br><small>${error.code}; try: ${error.hint}</small>`,
  ]);
  return table(['after', 'machine', 'step', 'attempt', 'then', 'what'], rows);
}

/** The pieces of the critical path. */
export function pathTable({ path, ms: totalMs }: RunRecord): Markup {
  const rows = worthSaying(path, totalMs).map(({ name, part, kind, ms }) => [
    name,
    kind === 'wait' ? `waits to begin ${partName(part)}` : partName(part),
    formatDuration(ms),
    `${Math.round((100 * ms) / Math.max(1, totalMs))} %`,
  ]);
  return table(['machine', 'part', 'time', 'share'], rows, 2);
}

/** Versions and settings, as the run wrote them down when it began. */
export function settingsTable(view: RunView): Markup {
  const rows = Object.entries({ coldstart: view.version, ...view.settings });
  return table(['setting', 'value'], rows);
}

/** `numbersFrom` is the first column that is laid out as numbers. */
function table(
  heading: readonly string[],
  rows: readonly (readonly Content[])[],
  numbersFrom = heading.length,
): Markup {
  const cellOf = (cell: Content, index: number): Markup =>
    index >= numbersFrom ? markup`<td class="number">${cell}</td>` : markup`<td>${cell}</td>`;
  const headOf = (text: string, index: number): Markup =>
    index >= numbersFrom
      ? markup`<th class="number" scope="col">${text}</th>`
      : markup`<th scope="col">${text}</th>`;
  return markup`<div class="scroll"><table><thead><tr>${heading.map(headOf)}</tr></thead>
<tbody>${rows.map(row => markup`<tr>${row.map(cellOf)}</tr>\n`)}</tbody></table></div>`;
}

function duration(ms: number | undefined): string {
  return ms === undefined ? '–' : formatDuration(ms);
}
