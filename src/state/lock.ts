import { randomUUID } from 'node:crypto';
import { link, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
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
 * Takes the lock of a cluster's folder, so that two coldstarts never act on one cluster at once. A lock whose holder is
 * dead (`kill -9`, power cut) is taken over. Errors: LOCKED, which says who holds it.
 *
 * `lock/` holds one file for each time it was taken, numbered; the highest one counts. Whoever finds its holder dead makes the
 * next one, which succeeds for one of all who try. The highest file is never removed, not even when the lock is given back: so
 * nobody can ever take away or take over what another one holds, however late his look at it was.
 */
export async function takeLock(dir: string, command: string): Promise<{ release: () => Promise<void> }> {
  const folder = path.join(dir, 'lock');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const newest = await newestIn(folder);
    const holder = await readHolder(path.join(folder, String(newest)));
    if (holder && isAlive(holder)) throw lockedBy(holder, dir);
    const mine = newest + 1;
    const file = path.join(folder, String(mine));
    if (!(await create(folder, file, command))) continue;
    if ((await newestIn(folder)) === mine) {
      await removeBelow(folder, mine);
      return { release: () => giveBack(file) };
    }
    // What was seen was old: others had the lock since, and removed the files below theirs.
    await rm(file, { force: true });
  }
  throw new ColdstartError('LOCKED', `could not take the lock ${folder}`);
}

/** 0 when it was never taken. */
async function newestIn(folder: string): Promise<number> {
  return Math.max(0, ...(await numbersIn(folder)));
}

async function numbersIn(folder: string): Promise<number[]> {
  return (await readdir(folder)).filter(name => /^\d+$/.test(name)).map(Number);
}

async function removeBelow(folder: string, mine: number): Promise<void> {
  const old = (await numbersIn(folder)).filter(number => number < mine);
  await Promise.all(old.map(number => rm(path.join(folder, String(number)), { force: true })));
}

/** An empty file has no holder; making it empty needs no room on a full disk. */
async function giveBack(file: string): Promise<void> {
  await truncate(file).catch((error: unknown) => {
    // A person has removed it.
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}

async function create(folder: string, file: string, command: string): Promise<boolean> {
  const holder: Holder = {
    pid: process.pid,
    startTicks: startTicksOf(process.pid),
    host: os.hostname(),
    command,
    since: new Date().toISOString(),
  };
  // Written aside and linked into place: nobody ever reads half a lock.
  const aside = path.join(folder, `new-${randomUUID()}`);
  try {
    await writeFile(aside, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
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
