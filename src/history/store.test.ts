import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { emptyHistory } from './history.ts';
import { done, journalOf, type RunWish, viewOf } from './run.fixture.ts';
import { addRun, keepHistory, readHistory } from './store.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-history-'));
});
afterEach(() => rm(dir, { recursive: true }));

function wish(run: string, more: Partial<RunWish> = {}): RunWish {
  return {
    run,
    targets: [{ target: 'a', steps: ['prepare.machine'] }],
    events: done('a', 'prepare.machine', 0, 60),
    endsAt: 60,
    ...more,
  };
}

async function writeRun(each: RunWish, tail = ''): Promise<void> {
  const folder = path.join(dir, 'runs', each.run ?? '');
  await mkdir(folder, { recursive: true });
  const lines = journalOf(each).map(entry => `${JSON.stringify(entry)}\n`);
  await writeFile(path.join(folder, 'journal.jsonl'), lines.join('') + tail);
}

test('a run that has ended is kept, and read again as it was', async () => {
  await writeRun(wish('run-1'));
  await addRun(dir, await keepHistory(dir), viewOf(wish('run-2')));
  const read = await readHistory(dir);
  expect(read.runs.map(({ run }) => run)).toEqual(['run-1', 'run-2']);
  expect(read.machines.get('a')).toMatchObject({ runs: 2, samples: { 'prepare.machine': [60_000, 60_000] } });
});

test('what add-ons took is kept beside the machines', async () => {
  const targets = [{ target: 'addon/metallb', role: 'add-on' as const, steps: ['configure.addon'] }];
  await writeRun(wish('run-1', { targets, events: done('addon/metallb', 'configure.addon', 0, 25) }));
  await keepHistory(dir);
  const { machines, addons } = await readHistory(dir);
  expect([...addons.values()]).toEqual([{ id: 'addon/metallb', samples: { 'configure.addon': [25_000] } }]);
  expect(machines.size).toBe(0);
});

test('a run that was killed is folded in at the next start, once', async () => {
  const killed = wish('run-1', { events: done('a', 'prepare.machine', 0, 60).slice(0, 1) });
  delete killed.endsAt;
  await writeRun(killed, '{"seq":4,"at":10');
  for (let start = 0; start < 3; start += 1) {
    const { runs, machines } = await keepHistory(dir);
    expect(runs).toMatchObject([{ run: 'run-1', outcome: 'unfinished' }]);
    expect(machines.get('a')).toMatchObject({ runs: 1, samples: {} });
  }
});

test.each([
  '',
  'not json\n',
  '{"kind":"ledger","format":999}\n',
  '{"kind":"ledger","format":1}\n',
  '{"kind":"ledger","format":2}\n{"kind":"ru',
])('the journals are the truth: a ledger of %j is made anew', async text => {
  await writeRun(wish('run-1'));
  const before = await keepHistory(dir);
  await writeFile(path.join(dir, 'history.jsonl'), text);
  expect(await keepHistory(dir)).toEqual(before);
  expect(await readFile(path.join(dir, 'history.jsonl'), 'utf8')).toContain('"run":"run-1"');
});

test('reading writes nothing; a damaged journal and a folder without one are passed over', async () => {
  await writeRun(wish('run-1'));
  await mkdir(path.join(dir, 'runs', 'run-2'));
  await writeRun(wish('run-3'), '{"seq":99,"at":1,"type":"step.done","target":"x","step":"y"}\n');
  const { runs } = await readHistory(dir);
  expect(runs.map(({ run }) => run)).toEqual(['run-1']);
  await expect(readFile(path.join(dir, 'history.jsonl'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('there is no history before the first run', async () => {
  expect(await readHistory(path.join(dir, 'nowhere'))).toEqual(emptyHistory());
});
