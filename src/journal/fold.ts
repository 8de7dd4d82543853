import type { FailureRecord, JournalEntry, Mark, RunOutcome, TargetRecord } from './events.ts';

export type StepState = 'waiting' | 'running' | 'done' | 'already' | 'failed' | 'blocked' | 'stopped';

export interface StepView {
  id: string;
  state: StepState;
  attempt: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  error: FailureRecord | undefined;
  blockedBy: string | undefined;
  /** What it could not begin before, as `STEP of TARGET`. */
  waitedFor: string | undefined;
}

export interface TargetView extends Omit<TargetRecord, 'steps'> {
  steps: StepView[];
  /** Parts of its deployment, in their order; empty where they are not known. */
  marks: Mark[];
  /** Why no spare took its place although it failed. */
  kept?: string;
  /** Why it is not used any more in this run; `broken` when it was marked so in MAAS. */
  setAside?: { because: string; broken: boolean };
  /** The target that took its place. */
  replacedBy?: string;
}

/** A step that failed once; `retry` says whether it was tried again. */
export interface FailureView {
  at: number;
  target: string;
  step: string;
  attempt: number;
  retry: boolean;
  error: FailureRecord;
}

export interface RunView {
  run: string;
  command: string;
  cluster: string;
  version: string;
  settings: Readonly<Record<string, string>>;
  startedAt: number;
  endedAt: number | undefined;
  /** Time of the newest entry. */
  lastAt: number;
  outcome: RunOutcome | undefined;
  targets: Map<string, TargetView>;
  changes: { at: number; target: string; step: string; change: string }[];
  failures: FailureView[];
  lastSeq: number;
}

/** Legal moves of a step: any other event sequence is a bug, or a damaged journal. */
const stepMoves: Readonly<Record<StepState, readonly StepState[]>> = {
  waiting: ['running', 'already', 'blocked', 'stopped'],
  running: ['running', 'done', 'failed', 'stopped'],
  failed: ['running', 'stopped'],
  done: [],
  already: [],
  blocked: [],
  stopped: [],
};

/** What a journal says, from its first entry on. Throws on an entry that the state does not allow. */
export function foldJournal(entries: Iterable<JournalEntry>): RunView | undefined {
  let view: RunView | undefined;
  for (const entry of entries) view = applyEntry(view, entry);
  return view;
}

/** Applies one entry to the view in place, and returns it. */
export function applyEntry(view: RunView | undefined, entry: JournalEntry): RunView {
  if (entry.type === 'run.started') {
    if (view) throw new Error(`journal entry ${entry.seq}: a second run.started`);
    return startedView(entry);
  }
  if (!view) throw new Error(`journal entry ${entry.seq}: ${entry.type} before run.started`);
  if (entry.seq !== view.lastSeq + 1) throw new Error(`journal entry ${entry.seq} follows ${view.lastSeq}`);
  if (view.outcome) throw new Error(`journal entry ${entry.seq}: ${entry.type} after run.finished`);
  view.lastSeq = entry.seq;
  view.lastAt = entry.at;
  applyToRun(view, entry);
  return view;
}

function startedView(entry: JournalEntry & { type: 'run.started' }): RunView {
  return {
    run: entry.run,
    command: entry.command,
    cluster: entry.cluster,
    version: entry.version,
    settings: entry.settings ?? {},
    startedAt: entry.at,
    lastAt: entry.at,
    endedAt: undefined,
    outcome: undefined,
    targets: new Map(),
    changes: [],
    failures: [],
    lastSeq: entry.seq,
  };
}

function applyToRun(view: RunView, entry: Exclude<JournalEntry, { type: 'run.started' }>): void {
  switch (entry.type) {
    case 'run.planned':
      for (const target of entry.targets) view.targets.set(target.target, waitingTarget(target));
      return;
    case 'target.kept':
      targetOf(view, entry).kept = entry.because;
      return;
    case 'target.set-aside':
      targetOf(view, entry).setAside = { because: entry.because, broken: entry.broken };
      return;
    case 'target.replaced':
      targetOf(view, entry).replacedBy = entry.by.target;
      view.targets.set(entry.by.target, waitingTarget(entry.by));
      return;
    case 'step.changing':
      view.changes.push({ at: entry.at, target: entry.target, step: entry.step, change: entry.change });
      return;
    case 'machine.timed':
      targetOf(view, entry).marks = entry.marks;
      return;
    case 'step.failed': {
      const { at, target, step, attempt, retry, error } = entry;
      view.failures.push({ at, target, step, attempt, retry, error });
      applyToStep(stepOf(view, entry), entry);
      return;
    }
    case 'run.finished':
      view.outcome = entry.outcome;
      view.endedAt = entry.at;
      return;
    default:
      applyToStep(stepOf(view, entry), entry);
  }
}

type StepEntry = Extract<
  JournalEntry,
  { type: 'step.started' | 'step.done' | 'step.failed' | 'step.blocked' | 'step.stopped' }
>;

function applyToStep(step: StepView, entry: StepEntry): void {
  switch (entry.type) {
    case 'step.started':
      move(step, 'running', entry);
      step.attempt = entry.attempt;
      step.startedAt ??= entry.at;
      step.waitedFor ??= entry.waitedFor;
      return;
    case 'step.failed':
      move(step, 'failed', entry);
      step.error = entry.error;
      break;
    case 'step.blocked':
      move(step, 'blocked', entry);
      step.blockedBy = entry.by;
      break;
    case 'step.stopped':
      move(step, 'stopped', entry);
      break;
    case 'step.done':
      move(step, entry.already ? 'already' : 'done', entry);
      step.error = undefined;
      break;
  }
  step.endedAt = entry.at;
}

function move(step: StepView, to: StepState, entry: JournalEntry): void {
  if (!stepMoves[step.state].includes(to)) {
    throw new Error(`journal entry ${entry.seq}: step ${step.id} cannot go from ${step.state} to ${to}`);
  }
  step.state = to;
}

function targetOf(view: RunView, entry: { target: string; seq: number }): TargetView {
  const target = view.targets.get(entry.target);
  if (!target) throw new Error(`journal entry ${entry.seq}: there is no ${entry.target}`);
  return target;
}

function stepOf(view: RunView, entry: { target: string; step: string; seq: number }): StepView {
  const step = view.targets.get(entry.target)?.steps.find(({ id }) => id === entry.step);
  if (!step) throw new Error(`journal entry ${entry.seq}: ${entry.target} has no step ${entry.step}`);
  return step;
}

function waitingTarget({ steps, ...target }: TargetRecord): TargetView {
  return {
    ...target,
    marks: [],
    steps: steps.map(id => ({
      id,
      state: 'waiting',
      attempt: 0,
      startedAt: undefined,
      endedAt: undefined,
      error: undefined,
      blockedBy: undefined,
      waitedFor: undefined,
    })),
  };
}
