import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { becomes, isRunning, startTime, stopProcess } from './process.ts';

const onLinux = process.platform === 'linux';

test.runIf(onLinux)('a process is known by its number and its start', async () => {
  expect(await startTime(process.pid)).toBeGreaterThan(0);
  expect(await startTime(2 ** 22 + 1)).toBeUndefined();
});

test.runIf(onLinux)('a process is told from another with the same number by its command line', async () => {
  const child = spawn('sleep', ['60']);
  await once(child, 'spawn');
  const pid = child.pid ?? 0;
  expect(await becomes(() => isRunning(pid, 'sleep 60'), 5000)).toBe(true);
  expect(await isRunning(pid, 'dnsmasq')).toBe(false);
  await stopProcess(pid);
  expect(await startTime(pid)).toBeUndefined();
});

test('a condition that never holds is given up', async () => {
  expect(await becomes(async () => false, 5, 1)).toBe(false);
});
