import { asColdstartError } from '../core/errors.ts';
import type { AppContext } from './context.ts';
import { errorText, printErrorJson } from './error-text.ts';

type CommandBody<F, A extends readonly unknown[]> = (
  this: AppContext,
  flags: F,
  ...args: A
) => Promise<void> | void;

/** Runs a command so that whatever it throws becomes a message (or JSON, with `-o json`) and an exit status. */
export function guard<F, A extends readonly unknown[]>(body: CommandBody<F, A>): CommandBody<F, A> {
  return async function guarded(this: AppContext, flags: F, ...args: A): Promise<void> {
    try {
      await body.call(this, flags, ...args);
    } catch (error) {
      report(this, flags, error);
    }
  };
}

function report({ process, paint }: AppContext, flags: unknown, error: unknown): void {
  process.exitCode = asColdstartError(error).exit;
  const json = flags !== null && typeof flags === 'object' && 'output' in flags && flags.output === 'json';
  if (json) printErrorJson(error);
  process.stderr.write(errorText(error, paint.err));
}
