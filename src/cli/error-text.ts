import { asColdstartError } from '../core/errors.ts';
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
