import { formatDuration } from '../core/durations.ts';
import type { Forecast } from '../history/forecast.ts';
import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import { currentStep, standOf } from './fleet.ts';
import type { Paint } from './paint.ts';
import { formatTable, visibleLength } from './table.ts';
import { symbolOf } from './words.ts';

export interface LiveOptions {
  now: number;
  columns: number;
  rows: number;
  paint: Paint;
  /** The newest remark of a machine's running step, by target. */
  remarks: ReadonlyMap<string, string>;
  forecast: Forecast;
}

/**
 * The picture of a run on a terminal, never higher than it: one line a machine, or numbers by stage and the machines that
 * are worth a look when they do not all fit.
 */
export function liveView(view: RunView, options: LiveOptions): string {
  const targets = [...view.targets.values()];
  const room = options.rows - 2;
  const head = `${headOf(view, options)}\n`;
  if (targets.length <= room) return head + machineLines(targets, view, options);
  const stand = standLines(view, options);
  const left = room - stand.split('\n').length;
  return head + stand + machineLines(worthALook(targets, options).slice(0, Math.max(0, left)), view, options);
}

function headOf(view: RunView, { now, paint, forecast, columns }: LiveOptions): string {
  const elapsed = formatDuration((view.endedAt ?? now) - view.startedAt);
  const left =
    forecast.leftMs === undefined || view.outcome ? '' : `  about ${formatDuration(forecast.leftMs)} left`;
  return cut(`${paint('bold', `coldstart ${view.command}`)}  ${view.cluster}  ${elapsed}${left}`, columns);
}

function machineLines(targets: readonly TargetView[], view: RunView, options: LiveOptions): string {
  const { now, paint, columns } = options;
  const rows = targets.map(target => {
    const current = currentStep(target);
    return [
      paint('bold', placeOf(target, view)),
      target.role,
      target.steps.map(({ state }) => symbolOf(state, paint)).join(''),
      current?.startedAt === undefined ? '' : formatDuration((current.endedAt ?? now) - current.startedAt),
      leftText(target, options),
      sentenceOf(target, options),
    ];
  });
  const lines = formatTable(rows).split('\n').slice(0, -1);
  return lines.map(line => `${cut(line, columns)}\n`).join('');
}

/** The machine, and who took its place: `node-02 → node-05`. */
function placeOf({ name, replacedBy }: TargetView, { targets }: RunView): string {
  return replacedBy === undefined ? name : `${name} → ${targets.get(replacedBy)?.name ?? replacedBy}`;
}

/** What history expects of the rest of a machine's road. */
function leftText({ target }: TargetView, { forecast, paint }: LiveOptions): string {
  if (forecast.late.has(target)) return paint('yellow', 'late');
  const left = forecast.leftOf.get(target);
  return left === undefined ? '' : `~${formatDuration(left)} left`;
}

/** What a machine is doing, in words. */
function sentenceOf(target: TargetView, { remarks }: LiveOptions): string {
  const step = currentStep(target);
  if (!step) return 'done';
  if (target.replacedBy !== undefined) return `${step.id} failed: set aside`;
  if (step.state === 'failed') {
    const alone = target.kept === undefined ? '' : `; not replaced: ${target.kept}`;
    return `${step.id}: ${oneLine(step.error?.message ?? 'failed')}${alone}`;
  }
  if (step.state === 'blocked') return `${step.id} waits for ${step.blockedBy}, which failed`;
  if (step.state === 'running') return `${step.id}  ${oneLine(remarks.get(target.target) ?? '')}`.trimEnd();
  if (step.state !== 'waiting') return `${step.id} ${step.state}`;
  const remark = remarks.get(target.target);
  return remark === undefined ? `waits to begin ${step.id}` : `${step.id}  ${oneLine(remark)}`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

/** For fleets: a bar, and how many machines stand in which stage. */
function standLines(view: RunView, { paint, columns }: LiveOptions): string {
  const { counts, done, failed, replaced, size } = standOf(view);
  const width = Math.max(10, Math.min(50, columns - 30));
  const filled = Math.round((width * done) / Math.max(1, size));
  const bar = `${paint('green', '█'.repeat(filled))}${paint('gray', '░'.repeat(width - filled))}`;
  const stages = counts.map(([stage, count]) => `${stage} ${count}`).join('   ');
  const aside = replaced === 0 ? '' : `   replaced ${replaced}`;
  const bad = `${aside}${failed === 0 ? '' : `   ${paint('red', `failed ${failed}`)}`}`;
  return `${bar}  ${done} of ${size} done\n${cut(`${stages}${bad}`, columns)}\n\n`;
}

/** Failed ones first, then late ones, then those with the longest way to go; not those that are done. */
function worthALook(targets: readonly TargetView[], { forecast }: LiveOptions): TargetView[] {
  const rank = (target: TargetView, step: StepView): number => {
    if (step.state === 'failed') return Number.POSITIVE_INFINITY;
    const left = forecast.leftOf.get(target.target) ?? 0;
    return (forecast.late.has(target.target) ? 1e12 : 0) + left;
  };
  return targets
    .flatMap(target => {
      const step = currentStep(target);
      return step ? [{ target, rank: rank(target, step) }] : [];
    })
    .sort((a, b) => (b.rank === a.rank ? 0 : b.rank - a.rank))
    .map(({ target }) => target);
}

/** Cuts a line that is too wide. Colours that are cut off end with it. */
function cut(line: string, columns: number): string {
  const over = visibleLength(line) - columns;
  return over <= 0 ? line : `${line.slice(0, -(over + 1))}…`;
}
