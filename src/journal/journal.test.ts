import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { JournalEntry, JournalEvent } from './events.ts';
import { openJournal, readJournal } from './file.ts';
import { foldJournal } from './fold.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-journal-'));
});
afterEach(() => rm(dir, { recursive: true }));

const steps = ['hardware.deploy', 'prepare.machine'];
const started: JournalEvent = {
  type: 'run.started',
  run: 'r1',
  command: 'up',
  cluster: 'garage',
  version: '1',
};
const planned: JournalEvent = {
  type: 'run.planned',
  targets: [{ target: 'abc123', name: 'node-01', role: 'worker', steps }],
};
const ids = { target: 'abc123', step: 'hardware.deploy' };
const error = { code: 'MACHINE_FAILED', message: 'it did not deploy', hint: 'look at MAAS' } as const;

function numbered(...events: JournalEvent[]): JournalEntry[] {
  return events.map((event, index) => ({ seq: index + 1, at: index * 1000, ...event }));
}

test('what was written is read back, in order and numbered', async () => {
  const seen: JournalEntry[] = [];
  const journal = await openJournal({
    dir: path.join(dir, 'run'),
    now: () => 5,
    onEntry: entry => seen.push(entry),
  });
  await Promise.all([journal.append(started), journal.append(planned)]);
  await journal.append({ type: 'step.started', ...ids, attempt: 1 });
  await journal.close();
  const entries = await readJournal(path.join(dir, 'run'));
  expect(entries.map(({ seq, type }) => `${seq} ${type}`)).toEqual([
    '1 run.started',
    '2 run.planned',
    '3 step.started',
  ]);
  expect(seen).toEqual(entries);
});

test('a last line that a crash cut off is left out', async () => {
  const journal = await openJournal({ dir: path.join(dir, 'run'), now: () => 5 });
  await journal.append(started);
  await journal.close();
  await appendFile(path.join(dir, 'run', 'journal.jsonl'), '{"seq":2,"type":"run.pla');
  expect(await readJournal(path.join(dir, 'run'))).toHaveLength(1);
});

test('the fold follows a step through failure, retry and success', () => {
  const view = foldJournal(
    numbered(
      started,
      planned,
      { type: 'step.started', ...ids, attempt: 1 },
      { type: 'step.changing', ...ids, change: 'deploy node-01' },
      { type: 'step.failed', ...ids, attempt: 1, retry: true, error },
      { type: 'step.started', ...ids, attempt: 2 },
      { type: 'step.done', ...ids, already: false },
      { type: 'run.finished', outcome: 'stopped' },
    ),
  );
  const [deploy, prepare] = view?.targets.get('abc123')?.steps ?? [];
  expect(deploy).toMatchObject({
    state: 'done',
    attempt: 2,
    startedAt: 2000,
    endedAt: 6000,
    error: undefined,
  });
  expect(prepare).toMatchObject({ state: 'waiting' });
  expect(view).toMatchObject({ outcome: 'stopped', endedAt: 7000, changes: [{ change: 'deploy node-01' }] });
});

test.each<[string, JournalEvent[]]>([
  ['before run.started', [planned]],
  ['a second run.started', [started, started]],
  [
    'has no step',
    [started, planned, { type: 'step.started', target: 'abc123', step: 'cluster.init', attempt: 1 }],
  ],
  ['cannot go from waiting to done', [started, planned, { type: 'step.done', ...ids, already: false }]],
  ['after run.finished', [started, { type: 'run.finished', outcome: 'done' }, planned]],
])('an illegal journal throws: %s', (reason, events) => {
  expect(() => foldJournal(numbered(...events))).toThrow(reason);
});

test('any order of step events either folds or throws with the number of the entry', () => {
  const event = fc.constantFrom<JournalEvent>(
    { type: 'step.started', ...ids, attempt: 1 },
    { type: 'step.done', ...ids, already: true },
    { type: 'step.done', ...ids, already: false },
    { type: 'step.failed', ...ids, attempt: 1, retry: false, error },
    { type: 'step.blocked', ...ids, by: 'cluster.init' },
    { type: 'step.stopped', ...ids },
  );
  fc.assert(
    fc.property(fc.array(event, { maxLength: 6 }), events => {
      const entries = numbered(started, planned, ...events);
      expect(foldsWhole(entries) || throwsWithNumber(entries)).toBe(true);
    }),
  );
});

function foldsWhole(entries: JournalEntry[]): boolean {
  try {
    return foldJournal(entries)?.lastSeq === entries.length;
  } catch {
    return false;
  }
}

function throwsWithNumber(entries: JournalEntry[]): boolean {
  try {
    foldJournal(entries);
    return false;
  } catch (thrown) {
    return /journal entry \d+/.test(String(thrown));
  }
}
