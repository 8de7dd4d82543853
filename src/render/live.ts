import { formatDuration } from '../core/durations.ts';
import { stages } from '../journal/events.ts';
import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import type { Paint } from './paint.ts';
import { formatTable, visibleLength } from './table.ts';
import { stageOf, symbolOf } from './words.ts';

export interface LiveOptions {
  now: number;
  columns: number;
  rows: number;
  paint: Paint;
  /** The newest remark of a machine's running step, by target. */
  remarks: ReadonlyMap<string, string>;
}

/** The picture of a run on a terminal: one line a machine, or numbers by stage when the machines do not fit. */
export function liveView(view: RunView, options: LiveOptions): string {
  const targets = [...view.targets.values()];
  const elapsed = formatDuration((view.endedAt ?? options.now) - view.startedAt);
  const head = `${options.paint('bold', `coldstart ${view.command}`)}  ${view.cluster}  ${elapsed}\n`;
  const body = targets.length + 4 <= options.rows ? machineLines(targets, options) : stageLines(targets);
  return head + body;
}

function machineLines(targets: readonly TargetView[], options: LiveOptions): string {
  const { now, paint, columns } = options;
  const rows = targets.map(target => {
    const current = currentStep(target);
    return [
      paint('bold', target.name),
      target.role,
      target.steps.map(({ state }) => symbolOf(state, paint)).join(''),
      current?.startedAt === undefined ? '' : formatDuration((current.endedAt ?? now) - current.startedAt),
      sentenceOf(target, options),
    ];
  });
  const lines = formatTable(rows).split('\n').slice(0, -1);
  return lines.map(line => `${cut(line, columns)}\n`).join('');
}

/** What a machine is doing, in words. */
function sentenceOf(target: TargetView, { remarks }: LiveOptions): string {
  const step = currentStep(target);
  if (!step) return 'done';
  if (step.state === 'failed') return `${step.id}: ${step.error?.message ?? 'failed'}`;
  if (step.state === 'blocked') return `${step.id} waits for ${step.blockedBy}, which failed`;
  if (step.state === 'running') return `${step.id}  ${oneLine(remarks.get(target.target) ?? '')}`.trimEnd();
  if (step.state !== 'waiting') return `${step.id} ${step.state}`;
  const remark = remarks.get(target.target);
  return remark === undefined ? `waits to begin ${step.id}` : `${step.id}  ${oneLine(remark)}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** The first step that is not done: the one that the machine stands at. */
function currentStep(target: TargetView): StepView | undefined {
  return target.steps.find(({ state }) => state !== 'done' && state !== 'already');
}

/** For fleets: how many machines stand in which stage. */
function stageLines(targets: readonly TargetView[]): string {
  const count = new Map<string, number>();
  let failed = 0;
  for (const target of targets) {
    const step = currentStep(target);
    if (step?.state === 'failed') failed += 1;
    const place = step ? stageOf(step.id) : 'done';
    count.set(place, (count.get(place) ?? 0) + 1);
  }
  const rows = [...stages, 'done'].map(place => [place, String(count.get(place) ?? 0)]);
  return formatTable([['stage', 'machines'], ...rows, ...(failed > 0 ? [['failed', String(failed)]] : [])]);
}

/** Cuts a line that is too wide. Only its last cell, which has no colours, can be cut. */
function cut(line: string, columns: number): string {
  const over = visibleLength(line) - columns;
  return over <= 0 ? line : `${line.slice(0, -(over + 1))}…`;
}
