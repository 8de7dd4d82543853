import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
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
  await writeFile(path.join(dir, 'lock'), JSON.stringify(holder));
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
  expect(JSON.parse(await readFile(path.join(dir, 'lock'), 'utf8'))).toMatchObject({ pid: process.pid });
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
  await writeFile(path.join(dir, 'lock'), '{"pid":');
  await (await takeLock(dir, 'coldstart up')).release();
});
