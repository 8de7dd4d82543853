import { expect, test } from 'vitest';
import type { RunRecord } from './history.ts';
import { unfinishedResets } from './unfinished.ts';

const hourMs = 3_600_000;
const now = 1_000 * hourMs;

/** Runs as `COMMAND OUTCOME`, oldest first, an hour apart; the last one ended `ago` hours ago. */
function runs(texts: readonly string[], ago: number): RunRecord[] {
  return texts.map((text, index) => {
    const [command = '', outcome] = text.split(' ');
    const startedAt = now - (ago + texts.length - 1 - index) * hourMs - 1;
    return { run: `r${index + 1}`, command, outcome, startedAt, ms: 1 } as RunRecord;
  });
}

test.each<[string, string[], number, string]>([
  ['no run at all', [], 0, ''],
  ['one that was killed', ['up done', 'reset unfinished'], 1, 'r2'],
  ['one that was stopped', ['reset stopped'], 1, 'r1'],
  ['one where a machine failed', ['reset failed'], 1, 'r1'],
  ['one that was finished', ['reset unfinished', 'reset done'], 1, ''],
  ['one that went on with another', ['reset done', 'reset stopped', 'reset unfinished'], 1, 'r3 r2'],
  ['something else since', ['reset unfinished', 'up failed'], 1, ''],
  ['a release since', ['reset unfinished', 'release done'], 1, ''],
  ['one of yesterday', ['reset unfinished'], 23, 'r1'],
  ['one of the day before', ['reset unfinished'], 24, ''],
])('a reset goes on after %s', (_, texts, ago, expected) => {
  const found = unfinishedResets(runs(texts, ago), now);
  expect(found.map(({ run }) => run).join(' ')).toBe(expected);
});
