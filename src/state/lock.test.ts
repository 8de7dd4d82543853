import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { takeLock } from './lock.ts';
import { startTicksOf } from './process.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-lock-'));
});
afterEach(() => rm(dir, { recursive: true }));

/** The lock as a process with this pid would have left it. */
async function heldBy(pid: number, startTicks = startTicksOf(pid)): Promise<void> {
  const holder = { pid, startTicks, host: os.hostname(), command: 'coldstart up', since: '2026-01-01' };
  await writeLock(JSON.stringify(holder));
}

async function writeLock(text: string): Promise<void> {
  await mkdir(path.join(dir, 'lock'), { recursive: true });
  const next = Math.max(0, ...(await readdir(path.join(dir, 'lock'))).map(Number)) + 1;
  await writeFile(path.join(dir, 'lock', String(next)), text);
}

test('the second one is refused, and told who holds the lock', async () => {
  const lock = await takeLock(dir, 'coldstart up');
  await expect(takeLock(dir, 'coldstart reset')).rejects.toMatchObject({
    code: 'LOCKED',
    because: expect.stringContaining(`process ${process.pid}`),
  });
  await lock.release();
  await (await takeLock(dir, 'coldstart reset')).release();
});

test('the lock of a process that was killed is taken over', async () => {
  const child = spawn('sleep', ['60']);
  await heldBy(child.pid ?? 0);
  await expect(takeLock(dir, 'coldstart up')).rejects.toMatchObject({ code: 'LOCKED' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  const lock = await takeLock(dir, 'coldstart up');
  const files = await readdir(path.join(dir, 'lock'));
  expect(files).toEqual(['2']);
  expect(JSON.parse(await readFile(path.join(dir, 'lock', '2'), 'utf8'))).toMatchObject({ pid: process.pid });
  await lock.release();
});

test.runIf(process.platform === 'linux')(
  'a process that got the pid of a dead holder is not taken for it',
  async () => {
    await heldBy(process.pid, '1');
    await (await takeLock(dir, 'coldstart up')).release();
  },
);

test('a lock that cannot be read is taken over', async () => {
  await writeLock('{"pid":');
  await (await takeLock(dir, 'coldstart up')).release();
});

test('of many who find the lock of a dead holder at the same moment, one takes it over', async () => {
  for (let round = 0; round < 20; round += 1) {
    await heldBy(process.pid, '1');
    const taken = await Promise.allSettled(Array.from({ length: 12 }, () => takeLock(dir, 'coldstart up')));
    const locks = taken.flatMap(each => (each.status === 'fulfilled' ? [each.value] : []));
    const refusals = taken.flatMap(each => (each.status === 'rejected' ? [each.reason as Error] : []));
    expect(locks).toHaveLength(1);
    expect(refusals.filter(error => !('code' in error) || error.code !== 'LOCKED')).toEqual([]);
    await locks[0]?.release();
  }
});
