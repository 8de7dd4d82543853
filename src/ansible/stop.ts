/** How long a process may take to end after each signal, before the next, harder one. */
export interface Patience {
  afterInterruptMs: number;
  afterTerminateMs: number;
}

export const defaultPatience: Patience = { afterInterruptMs: 10_000, afterTerminateMs: 5_000 };

/**
 * Ends a process group when the signal is aborted: SIGINT, then SIGTERM, then SIGKILL.
 * @param pid leader of the group; undefined when the process did not start
 * @param ended settles when the leader is gone
 * @returns `over`, to be called when nothing is to be stopped any more
 */
export function stopGroup(
  pid: number | undefined,
  ended: PromiseLike<unknown>,
  signal: AbortSignal | undefined,
  patience: Patience,
): { over: () => void } {
  const timers: NodeJS.Timeout[] = [];
  const stop = () => {
    if (pid === undefined) return;
    kill(pid, 'SIGINT');
    const terminateAfterMs = patience.afterInterruptMs;
    timers.push(setTimeout(() => kill(pid, 'SIGTERM'), terminateAfterMs));
    timers.push(setTimeout(() => kill(pid, 'SIGKILL'), terminateAfterMs + patience.afterTerminateMs));
  };
  const over = () => {
    signal?.removeEventListener('abort', stop);
    for (const timer of timers) clearTimeout(timer);
  };
  void Promise.resolve(ended).then(over, over);
  if (signal?.aborted === true) stop();
  else signal?.addEventListener('abort', stop, { once: true });
  return { over };
}

function kill(leader: number, name: NodeJS.Signals): void {
  try {
    process.kill(-leader, name);
  } catch {
    // It is gone already, which is what was wanted.
  }
}
