import type { RunOutcome } from '../journal/events.ts';
import type { RunView, TargetView } from '../journal/fold.ts';
import { type Comparison, compareWithFormer } from './compare.ts';
import { criticalPath } from './critical-path.ts';
import type { Part } from './parts.ts';
import { type Segment, workOf } from './segments.ts';

/** What is remembered of one machine over all runs. */
export interface MachineHistory {
  /** MAAS system id. */
  id: string;
  name: string;
  role: string;
  /** Runs in which something was done to it. */
  runs: number;
  /** Steps that failed for good, by error code. */
  failures: Record<string, number>;
  /** Steps that failed and were tried again. */
  retries: number;
  lastError?: { run: string; at: number; step: string; code: string; message: string };
  lastAt: number;
  /** The newest durations of each part in milliseconds, oldest first. */
  samples: Record<Part, number[]>;
}

/** What is remembered of one add-on over all runs. */
export interface AddonHistory {
  /** `addon/NAME` */
  id: string;
  /** As those of a machine. */
  samples: Record<Part, number[]>;
}

/** A piece of the critical path. */
export interface PathPiece {
  name: string;
  part: Part;
  kind: Segment['kind'];
  ms: number;
}

/** What is remembered of one run. */
export interface RunRecord {
  run: string;
  command: string;
  version: string;
  startedAt: number;
  ms: number;
  /** `unfinished`: it was killed, or still runs. */
  outcome: RunOutcome | 'unfinished';
  /** Machines that it acted on. */
  machines: number;
  failures: number;
  retries: number;
  /** What was done, such as `3 hardware.deploy, 3 prepare.machine`: runs are compared with those that did the same. */
  work: string;
  path: PathPiece[];
  /** Against the former runs that did the same. */
  comparison?: Comparison;
}

export interface History {
  /** Oldest first. */
  runs: RunRecord[];
  machines: Map<string, MachineHistory>;
  addons: Map<string, AddonHistory>;
}

export function emptyHistory(): History {
  return { runs: [], machines: new Map(), addons: new Map() };
}

/** More tell little more, and 5,000 machines times this is what every run reads. */
export const samplesKept = 20;

/** Adds a run to the history, in place. The same runs in the same order always give the same history. */
export function foldRun(history: History, view: RunView): RunRecord {
  const path = criticalPath(view);
  const machines = [...view.targets.values()].filter(({ role }) => role !== 'add-on');
  const record: RunRecord = {
    run: view.run,
    command: view.command,
    version: view.version,
    startedAt: view.startedAt,
    ms: (view.endedAt ?? view.lastAt) - view.startedAt,
    outcome: view.outcome ?? 'unfinished',
    machines: machines.length,
    failures: view.failures.filter(({ retry }) => !retry).length,
    retries: view.failures.filter(({ retry }) => retry).length,
    work: workIn(view),
    path: piecesOf(view, path).filter(({ ms }) => ms > 0),
  };
  const comparison = compareWithFormer(record, path, history);
  if (comparison) record.comparison = comparison;
  history.runs.push(record);
  const changed = new Set(view.changes.map(({ target, step }) => `${target} ${step}`));
  for (const target of machines) foldTarget(history, view, target, changed);
  for (const target of view.targets.values())
    if (target.role === 'add-on') foldAddon(history, target, changed);
  foldFailures(history, view);
  return record;
}

function foldTarget(history: History, view: RunView, target: TargetView, changed: ReadonlySet<string>): void {
  if (target.steps.every(({ startedAt }) => startedAt === undefined)) return;
  const machine = machineOf(history, target);
  machine.name = target.name;
  machine.role = target.role;
  machine.runs += 1;
  machine.lastAt = Math.max(machine.lastAt, view.lastAt);
  keepSamples(machine, samplesOf(target, changed));
}

function foldAddon({ addons }: History, target: TargetView, changed: ReadonlySet<string>): void {
  const found = samplesOf(target, changed);
  if (found.length === 0) return;
  const addon = addons.get(target.target) ?? { id: target.target, samples: {} };
  addons.set(addon.id, addon);
  keepSamples(addon, found);
}

function keepSamples({ samples }: Pick<MachineHistory, 'samples'>, found: readonly [Part, number][]): void {
  for (const [part, ms] of found)
    samples[part] = [...(samples[part] ?? []), Math.round(ms)].slice(-samplesKept);
}

function machineOf({ machines }: History, { target, name, role }: TargetView): MachineHistory {
  const known = machines.get(target);
  if (known) return known;
  const machine = { id: target, name, role, runs: 0, failures: {}, retries: 0, lastAt: 0, samples: {} };
  machines.set(target, machine);
  return machine;
}

/** Whole durations only: a step that was tried twice, or that another run began, tells nothing about the next time. */
function samplesOf(target: TargetView, changed: ReadonlySet<string>): [Part, number][] {
  return target.steps.flatMap(step => {
    const { id, state, attempt, startedAt, endedAt } = step;
    if (state !== 'done' || attempt !== 1 || startedAt === undefined || endedAt === undefined) return [];
    if (begunByChange.includes(id) && !changed.has(`${target.target} ${id}`)) return [];
    const whole: [Part, number] = [id, endedAt - startedAt];
    const parts = workOf(target, step, endedAt).map(({ part, from, to }): [Part, number] => [
      part,
      to - from,
    ]);
    return [whole, ...parts.filter(([part]) => part !== id)];
  });
}

/** Steps that only wait when a former run has begun them. */
const begunByChange: readonly string[] = ['hardware.release', 'hardware.deploy'];

function foldFailures(history: History, view: RunView): void {
  for (const { at, target, step, retry, error } of view.failures) {
    const machine = history.machines.get(target);
    if (!machine) continue;
    if (retry) machine.retries += 1;
    else machine.failures[error.code] = (machine.failures[error.code] ?? 0) + 1;
    const message = error.because === undefined ? error.message : `${error.message}: ${error.because}`;
    machine.lastError = { run: view.run, at, step, code: error.code, message: message.slice(0, 300) };
  }
}

/** Counts of steps that were done in this run, in the order in which they first appear. */
function workIn(view: RunView): string {
  const counts = new Map<string, number>();
  for (const { steps } of view.targets.values()) {
    for (const { id, state } of steps) if (state === 'done') counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts].map(([id, count]) => `${count} ${id}`).join(', ');
}

/** Neighbours of the same target and part become one piece. */
function piecesOf(view: RunView, path: readonly Segment[]): PathPiece[] {
  const pieces: PathPiece[] = [];
  for (const { target, part, kind, from, to } of path) {
    const name = view.targets.get(target)?.name ?? target;
    const last = pieces.at(-1);
    if (last && last.name === name && last.part === part && last.kind === kind) last.ms += to - from;
    else pieces.push({ name, part, kind, ms: to - from });
  }
  return pieces;
}

/** Pieces of a path without those of less than half a per cent. */
export function worthSaying(path: readonly PathPiece[], totalMs: number): PathPiece[] {
  return path.filter(({ ms }) => ms >= totalMs / 200);
}
