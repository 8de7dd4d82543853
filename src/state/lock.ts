import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { ColdstartError } from '../core/errors.ts';
import { isRunning, startTicksOf } from './process.ts';

interface Holder {
  pid: number;
  /** Start time of the process in clock ticks since boot, so that a reused pid is not taken for the holder. */
  startTicks: string | undefined;
  host: string;
  command: string;
  since: string;
}

/**
 * Takes the lock of a cluster's folder, so that two coldstarts never act on one cluster at once.
 * A lock whose holder is dead (`kill -9`, power cut) is taken over. Errors: LOCKED, which says who holds it.
 */
export async function takeLock(dir: string, command: string): Promise<{ release: () => Promise<void> }> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, 'lock');
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (await create(file, command)) return { release: () => rm(file, { force: true }) };
    const holder = await readHolder(file);
    if (holder && isAlive(holder)) throw lockedBy(holder, dir);
    await rm(file, { force: true });
  }
  throw new ColdstartError('LOCKED', `could not take the lock ${file}`);
}

async function create(file: string, command: string): Promise<boolean> {
  const holder: Holder = {
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    host: os.hostname(),
    command,
    since: new Date().toISOString(),
  };
  // Written aside and linked into place: nobody ever reads half a lock.
  const aside = `${file}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
  try {
    await link(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

async function readHolder(file: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}

function isAlive(holder: Holder): boolean {
  // The state folder of another computer (a shared home): its processes cannot be seen from here.
  return holder.host !== os.hostname() || isRunning(holder);
}

function lockedBy(holder: Holder, dir: string): ColdstartError {
  return new ColdstartError('LOCKED', `another coldstart is working in ${dir}`, {
    because: `process ${holder.pid} on ${holder.host} runs "${holder.command}" since ${holder.since}`,
  });
}
