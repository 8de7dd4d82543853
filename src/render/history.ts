import { formatDuration } from '../core/durations.ts';
import { comparisonSentence } from '../history/compare.ts';
import { type MachineHistory, type RunRecord, worthSaying } from '../history/history.ts';
import { type Part, partName, partsInOrder } from '../history/parts.ts';
import { median, spreadOf } from '../history/statistics.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

/** Runs in a table, with a sentence on what made each as long as it was. */
export function runsTable(runs: readonly RunRecord[], paint: Paint): string {
  const rows = runs.map(run => [
    run.run,
    run.command,
    paint(outcomeStyles[run.outcome], run.outcome),
    formatDuration(run.ms),
    String(run.machines),
    countText(run.failures),
    countText(run.retries),
    remarkOn(run),
  ]);
  return formatTable([['RUN', 'COMMAND', 'OUTCOME', 'TIME', 'MACHINES', 'FAILURES', 'RETRIES', ''], ...rows]);
}

const outcomeStyles = { done: 'green', failed: 'red', stopped: 'yellow', unfinished: 'yellow' } as const;

/** What there is to say about the duration of a run. */
function remarkOn(run: RunRecord): string {
  return comparisonSentence(run, formatDuration);
}

/** One run: its critical path, piece by piece. */
export function runText(run: RunRecord, paint: Paint): string {
  const started = `${new Date(run.startedAt).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const head = `${paint('bold', run.run)}  coldstart ${run.command}  ${run.outcome}  ${started}  ${formatDuration(run.ms)}\n`;
  const remark = remarkOn(run);
  const usual = run.comparison
    ? ` than the median of the ${run.comparison.runs} former runs that did the same, ${formatDuration(run.comparison.usualMs)}`
    : '';
  const said = remark === '' ? '' : `${remark}; usual is${usual.replace(/^ than/, '')}.\n`;
  const rows = worthSaying(run.path, run.ms).map(({ name, part, kind, ms }) => [
    `  ${name}`,
    kind === 'wait' ? `waits to begin: ${partName(part)}` : partName(part),
    formatDuration(ms),
    `${Math.round((100 * ms) / Math.max(1, run.ms))} %`,
  ]);
  return `${head}${said}\nThe critical path, which decided how long it took:\n${formatTable(rows)}`;
}

const shownParts: readonly [heading: string, parts: readonly Part[]][] = [
  ['DEPLOY', ['hardware.deploy']],
  ['SSH', ['hardware.answer']],
  ['PREPARE', ['prepare.machine']],
  ['JOIN', ['cluster.init', 'cluster.join-control-plane', 'cluster.join-worker']],
  ['READY', ['cluster.ready']],
];

/** The ledger of machines: medians, failures by kind, and the last error. */
export function machinesTable(machines: readonly MachineHistory[], paint: Paint): string {
  const rows = machines.map(machine => [
    machine.name,
    machine.id,
    machine.role,
    String(machine.runs),
    ...shownParts.map(([, parts]) => medianText(machine, parts)),
    failuresText(machine) === '-' ? '-' : paint('red', failuresText(machine)),
    countText(machine.retries),
    machine.lastError ? `${machine.lastError.step}: ${oneLine(machine.lastError.message)}` : '',
  ]);
  const parts = shownParts.map(([heading]) => heading);
  const heading = ['MACHINE', 'SYSTEM ID', 'ROLE', 'RUNS', ...parts, 'FAILURES', 'RETRIES', 'LAST ERROR'];
  return formatTable([heading, ...rows]);
}

/** Everything that is known of one machine's times. */
export function machineText(machine: MachineHistory, paint: Paint): string {
  const { name, id, role, runs, lastError } = machine;
  const rows = knownParts(machine).flatMap(part => {
    const spread = spreadOf(machine.samples[part] ?? []);
    if (!spread) return [];
    const { count, minimum, median: middle, p90, maximum } = spread;
    const indent = part.includes('/') ? '    ' : '  ';
    return [
      [`${indent}${partName(part)}`, String(count), ...[minimum, middle, p90, maximum].map(formatDuration)],
    ];
  });
  const error = lastError
    ? `\nlast error, in run ${lastError.run}: ${lastError.step}: ${lastError.message} [${lastError.code}]\n`
    : '';
  const head = `${paint('bold', name)} (${id})  ${role}  ${runs} runs  failures: ${failuresText(machine)}  retries: ${machine.retries}\n\n`;
  return `${head}${formatTable([['  PART', 'TIMES', 'MIN', 'MEDIAN', 'P90', 'MAX'], ...rows])}${error}`;
}

/** A machine for programs; durations in seconds. */
export function machineJson(machine: MachineHistory): Record<string, unknown> {
  const { id, name, role, runs, failures, retries, lastError, lastAt } = machine;
  return {
    systemId: id,
    name,
    role,
    runs,
    lastSeen: new Date(lastAt).toISOString(),
    failures,
    retries,
    lastError: lastError ? { ...lastError, at: new Date(lastError.at).toISOString() } : null,
    parts: Object.fromEntries(
      knownParts(machine).map(part => [part, spreadJson(machine.samples[part] ?? [])]),
    ),
  };
}

function spreadJson(samples: readonly number[]): Record<string, number> {
  const { count = 0, ...times } = spreadOf(samples) ?? {};
  return { count, ...Object.fromEntries(Object.entries(times).map(([key, ms]) => [key, secondsOf(ms)])) };
}

/** A run for programs; durations in seconds. */
export function runJson(run: RunRecord): Record<string, unknown> {
  const { comparison, path, ms, startedAt, ...rest } = run;
  return {
    ...rest,
    startedAt: new Date(startedAt).toISOString(),
    seconds: secondsOf(ms),
    criticalPath: path.map(({ ms: pieceMs, ...piece }) => ({ ...piece, seconds: secondsOf(pieceMs) })),
    comparison: comparison
      ? {
          runs: comparison.runs,
          usualSeconds: secondsOf(comparison.usualMs),
          sentence: remarkOn(run),
          causes: comparison.causes.map(({ ms: causeMs, usualMs, ...cause }) => ({
            ...cause,
            seconds: secondsOf(causeMs),
            usualSeconds: secondsOf(usualMs),
          })),
        }
      : null,
  };
}

function knownParts({ samples }: MachineHistory): Part[] {
  const others = Object.keys(samples).filter(part => !partsInOrder.includes(part));
  return [...partsInOrder.filter(part => samples[part] !== undefined), ...others];
}

function medianText({ samples }: MachineHistory, parts: readonly Part[]): string {
  const found = parts.flatMap(part => samples[part] ?? []);
  return found.length === 0 ? '-' : formatDuration(median(found));
}

function failuresText({ failures }: MachineHistory): string {
  const kinds = Object.entries(failures).sort(([, a], [, b]) => b - a);
  return kinds.length === 0 ? '-' : kinds.map(([code, count]) => `${count} ${code}`).join(', ');
}

function countText(count: number): string {
  return count === 0 ? '-' : String(count);
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function secondsOf(ms: number): number {
  return Math.round(ms / 10) / 100;
}
