import { ColdstartError, reasonOf } from '../core/errors.ts';
import type { Paint } from '../render/paint.ts';

/** The text of an error for a person: what failed, because of what, and one thing to try. */
export function errorText(thrown: unknown, paint: Paint): string {
  const error = asColdstartError(thrown);
  const lines = [`${paint('red', 'error:')} ${error.message}`];
  if (error.because !== undefined && error.because !== error.message)
    lines.push(`  because ${error.because}`);
  lines.push(`  ${paint('cyan', 'try:')} ${error.hint}   ${paint('gray', `[${error.code}]`)}`);
  if (error.code === 'BUG' && error.cause instanceof Error) lines.push(error.cause.stack ?? '');
  return `${lines.join('\n')}\n`;
}

/** The same for programs, on standard output. */
export function printErrorJson(thrown: unknown): void {
  process.stdout.write(`${JSON.stringify(errorJson(thrown), null, 2)}\n`);
}

function errorJson(thrown: unknown): Record<string, unknown> {
  const { code, message, because, hint, data, exit } = asColdstartError(thrown);
  return { error: { code, message, ...(because === undefined ? {} : { because }), hint, exit, ...data } };
}

/** Any thrown value as our own error; what is not ours is a bug of coldstart. */
export function asColdstartError(thrown: unknown): ColdstartError {
  if (thrown instanceof ColdstartError) return thrown;
  if (thrown instanceof Error && thrown.name === 'AbortError')
    return new ColdstartError('STOPPED', 'stopped');
  return new ColdstartError('BUG', `unexpected: ${reasonOf(thrown)}`, { cause: thrown });
}
