import { readFileSync } from 'node:fs';

/** Start time of a process in clock ticks: field 22 of proc_pid_stat(5); undefined where there is no /proc. */
export function startTicksOf(pid: number): string | undefined {
  return statFields(pid)?.[19];
}

/** Whether the process that had this pid and start time still runs. A zombie does not. */
export function isRunning({ pid, startTicks }: { pid: number; startTicks: string | undefined }): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  const fields = statFields(pid);
  if (fields === undefined) return startTicks === undefined;
  return fields[0] !== 'Z' && (startTicks === undefined || startTicks === fields[19]);
}

/** The fields of /proc/PID/stat from the state on: the name before them may hold any character. */
export function statFields(pid: number): string[] | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
