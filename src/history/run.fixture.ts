import type { JournalEntry, JournalEvent, TargetRecord } from '../journal/events.ts';
import { foldJournal, type RunView } from '../journal/fold.ts';

/** A journal entry as `[seconds since the run began, event]`. */
export type TimedEvent = [second: number, event: JournalEvent];

export interface RunWish {
  run?: string;
  command?: string;
  /** Seconds since the epoch. */
  startedAt?: number;
  targets: (Partial<TargetRecord> & Pick<TargetRecord, 'target' | 'steps'>)[];
  events: TimedEvent[];
  /** Second at which the run ends well; it is not finished without. */
  endsAt?: number;
}

/** The entries of a run. */
export function journalOf(wish: RunWish): JournalEntry[] {
  const { run = 'run-1', command = 'up', startedAt = 1_000, targets, events, endsAt } = wish;
  const records = targets.map(each => ({ name: `name-of-${each.target}`, role: 'worker' as const, ...each }));
  const all: TimedEvent[] = [
    [0, { type: 'run.started', run, command, cluster: 'lab', version: '0.0.0' }],
    [0, { type: 'run.planned', targets: records }],
    ...[...events].sort(([a], [b]) => a - b),
  ];
  if (endsAt !== undefined) all.push([endsAt, { type: 'run.finished', outcome: 'done' }]);
  return all.map(([second, event], index) => ({
    seq: index + 1,
    at: (startedAt + second) * 1000,
    ...event,
  }));
}

export function viewOf(wish: RunWish): RunView {
  const view = foldJournal(journalOf(wish));
  if (!view) throw new Error('a run without entries');
  return view;
}

/** A step that is done from one second to another; `change` is what it changed. */
export function done(
  target: string,
  step: string,
  from: number,
  to: number,
  { waitedFor, change }: { waitedFor?: string; change?: string } = {},
): TimedEvent[] {
  const started: JournalEvent = {
    type: 'step.started',
    target,
    step,
    attempt: 1,
    ...(waitedFor === undefined ? {} : { waitedFor }),
  };
  const changing: TimedEvent[] =
    change === undefined ? [] : [[from, { type: 'step.changing', target, step, change }]];
  return [[from, started], ...changing, [to, { type: 'step.done', target, step, already: false }]];
}
