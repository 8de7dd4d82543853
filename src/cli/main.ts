import { run } from '@stricli/core';
import { asColdstartError, Exit } from '../core/errors.ts';
import { colorPaint, plainPaint, wantsColor } from '../render/paint.ts';
import { app } from './app.ts';
import type { AppContext } from './context.ts';
import { errorText } from './error-text.ts';

/** Runs the command line of this process, and leaves its exit status in `process.exitCode`. */
export async function main(): Promise<void> {
  const stop = new AbortController();
  listenForSignals(stop);
  const context = contextOf(stop.signal);
  const args = process.argv.slice(2);
  process.stdout.on('error', onBrokenOutput);
  // A closed terminal must not end a run in the middle of a step.
  process.stderr.on('error', () => {});
  try {
    await run(app, args, context);
  } catch (error) {
    process.exitCode = asColdstartError(error).exit;
    process.stderr.write(errorText(error, context.paint.err));
  }
  // Negative: what the command-line library found wrong with the arguments.
  if (typeof process.exitCode === 'number' && process.exitCode < 0) process.exitCode = Exit.usage;
  if (stop.signal.aborted) await leave();
}

/** The first Ctrl-C stops cleanly; the second one at once. */
function listenForSignals(stop: AbortController): void {
  let asked = false;
  const onSignal = (): void => {
    if (asked) {
      process.stderr.write('stopped at once; run the same command again: it goes on where it stopped\n');
      process.exit(Exit.stopped);
    }
    asked = true;
    if (process.stderr.isTTY) process.stderr.write('\nstopping (press Ctrl-C again to stop at once)\n');
    stop.abort(new DOMException('stopped by the user', 'AbortError'));
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
}

/**
 * Node gives up its signal handlers before it ends by itself: one more Ctrl-C at that moment would turn our status into
 * 130. `process.exit` keeps them to the end.
 */
async function leave(): Promise<void> {
  const written = (stream: NodeJS.WriteStream): Promise<void> =>
    new Promise(resolve => stream.write('', () => resolve()));
  await Promise.all([written(process.stdout), written(process.stderr)]);
  process.exit();
}

function contextOf(signal: AbortSignal): AppContext {
  const paint = (stream: NodeJS.WriteStream): typeof plainPaint =>
    wantsColor(stream.isTTY, process.env) ? colorPaint : plainPaint;
  return {
    process: process as AppContext['process'],
    env: process.env,
    cwd: process.cwd(),
    signal,
    paint: { out: paint(process.stdout), err: paint(process.stderr) },
  };
}

/** `coldstart … | head` closes the pipe early, and that is no error. A full disk behind it is one. */
function onBrokenOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') return;
  process.exitCode = Exit.failed;
  process.stderr.write(`error: could not write the result: ${error.message}\n`);
}
