import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { withLock } from './lock.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'coldstart-lock-'));
});
afterEach(() => rm(dir, { recursive: true }));

test('one works at a time, and nothing is left behind', async () => {
  let working = 0;
  const work = async () => {
    working += 1;
    expect(working).toBe(1);
    await new Promise(resolve => {
      setImmediate(resolve);
    });
    working -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(join(dir, 'lock'), work)));
  expect(await readdir(dir)).toEqual([]);
});

test('a lock whose owner died counts for nothing', async () => {
  await writeFile(join(dir, 'lock'), '1 0');
  expect(await withLock(join(dir, 'lock'), async () => 'done')).toBe('done');
});

test('a failure frees the lock', async () => {
  const lock = join(dir, 'lock');
  await expect(withLock(lock, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  expect(await withLock(lock, async () => 'next')).toBe('next');
});

test('waiting can be given up', async () => {
  const lock = join(dir, 'lock');
  const stop = new AbortController();
  await withLock(lock, async () => {
    const waiting = withLock(lock, async () => 'never', { signal: stop.signal, onWait: () => stop.abort() });
    await expect(waiting).rejects.toThrow('aborted');
  });
});
