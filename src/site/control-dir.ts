import { lstat, mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { closeConnections } from '../ansible/connections.ts';
import { isRunning, startTicksOf } from '../state/process.ts';

/**
 * A private folder for the sockets of kept SSH connections. Its path is short, since a socket's has at most 107 bytes:
 * never below a home folder. Its name says whose it is, so that those of killed runs are cleared away by the next.
 */
export async function openControlDir(parent = os.tmpdir()): Promise<{ dir: string; close(): Promise<void> }> {
  await clearStale(parent);
  const { pid } = process;
  const dir = await mkdtemp(path.join(parent, `cs-${pid}-${startTicksOf(pid) ?? ''}-`));
  return { dir, close: () => remove(dir) };
}

async function clearStale(parent: string): Promise<void> {
  const names = await readdir(parent).catch(() => []);
  const ours = await Promise.all(names.map(async name => isStale(parent, name)));
  await Promise.all(names.filter((_, index) => ours[index]).map(name => remove(path.join(parent, name))));
}

/** A folder of this very user's whose process is gone. */
async function isStale(parent: string, name: string): Promise<boolean> {
  const [, pid, ticks] = /^cs-(\d+)-(\d*)-\w{6}$/.exec(name) ?? [];
  if (pid === undefined) return false;
  const found = await lstat(path.join(parent, name)).catch(() => undefined);
  if (!found?.isDirectory() || found.uid !== process.getuid?.()) return false;
  return !isRunning({ pid: Number(pid), startTicks: ticks === '' ? undefined : ticks });
}

async function remove(dir: string): Promise<void> {
  await closeConnections(dir);
  await rm(dir, { recursive: true, force: true });
}
