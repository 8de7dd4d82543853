import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startTime } from './process.ts';

export interface LockOptions {
  signal?: AbortSignal | undefined;
  /** Called once, when somebody else has the lock. */
  onWait?: (() => void) | undefined;
}

/**
 * Does work that only one may do at a time on this computer, whichever process it is in. A lock whose owner died
 * counts for nothing.
 */
export async function withLock<T>(
  path: string,
  work: () => Promise<T>,
  options: LockOptions = {},
): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  let waited = false;
  while (!(await take(path))) {
    if (!waited) options.onWait?.();
    waited = true;
    await delay(200, undefined, { signal: options.signal }).catch(() => options.signal?.throwIfAborted());
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

let drafts = 0;

async function take(path: string): Promise<boolean> {
  drafts += 1;
  const draft = `${path}.${process.pid}.${drafts}`;
  await writeFile(draft, `${process.pid} ${await startTime(process.pid)}`);
  try {
    // Appears with its contents or not at all.
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    await removeWhenOrphaned(path);
    return false;
  } finally {
    await rm(draft, { force: true });
  }
}

async function removeWhenOrphaned(path: string): Promise<void> {
  const [pid = '', started = ''] = (await readFile(path, 'utf8').catch(() => '')).split(' ');
  if (pid === '') return;
  if (String(await startTime(Number(pid))) !== started) await rm(path, { force: true });
}
