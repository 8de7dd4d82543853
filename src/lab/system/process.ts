import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ColdstartError } from '../../core/errors.ts';
import { statFields } from '../../state/process.ts';

/**
 * Starts a program in a session of its own, without a pipe to this process, so that it lives on when this one ends.
 * Its output goes to a new log file. Undefined when it could not be started.
 */
export async function startDetached(
  program: string,
  args: readonly string[],
  options: { logFile: string; env?: Readonly<Record<string, string>> },
): Promise<number | undefined> {
  const log = await open(options.logFile, 'w', 0o600);
  try {
    const env = { PATH: PROGRAMS, LC_ALL: 'C.UTF-8', ...options.env };
    const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd], env, cwd: '/' });
    // Without a listener the event would end this process; the missing pid says the same.
    child.on('error', () => undefined);
    child.unref();
    return child.pid;
  } finally {
    await log.close();
  }
}

const PROGRAMS = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** True when the process lives (a zombie does not) and its command line contains this text. */
export async function isRunning(pid: number, commandContains: string): Promise<boolean> {
  if ((await startTime(pid)) === undefined) return false;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return command.replaceAll('\0', ' ').includes(commandContains);
}

/**
 * When a process started, in clock ticks since boot: with the pid it names one process for ever.
 * Undefined when it does not live, or is a zombie.
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
export async function startTime(pid: number): Promise<number | undefined> {
  const fields = statFields(pid);
  const [state = '', started = ''] = [fields?.[0], fields?.[19]];
  return fields === undefined || state === 'Z' || state === 'X' ? undefined : Number(started);
}

/** Asks a process to end, waits, and kills it when it does not. */
export async function stopProcess(pid: number, withinMs = 5000): Promise<void> {
  signalProcess(pid, 'SIGTERM');
  if (await becomes(async () => (await startTime(pid)) === undefined, withinMs)) return;
  signalProcess(pid, 'SIGKILL');
  if (await becomes(async () => (await startTime(pid)) === undefined, withinMs)) return;
  throw new ColdstartError('LAB_FAILED', `process ${pid} does not end`);
}

/** Sends a signal; a process that is gone already is none the worse for it. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Looks again and again until the condition holds, and says whether it came to hold in time. */
export async function becomes(
  condition: () => Promise<boolean>,
  withinMs: number,
  everyMs = 50,
): Promise<boolean> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await delay(everyMs);
  }
  return true;
}
