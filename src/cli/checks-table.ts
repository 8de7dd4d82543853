import type { CheckResult } from '../checks/check.ts';
import { asColdstartError } from '../core/errors.ts';
import type { Paint } from '../render/paint.ts';
import { formatTable } from '../render/table.ts';

const symbols = {
  ok: ['green', '✓'],
  warning: ['yellow', '!'],
  failed: ['red', '✗'],
  skipped: ['gray', '·'],
} as const;

/** One line a check: whether it holds, what was seen, and what to do. */
export function checksTable(results: readonly CheckResult[], paint: Paint): string {
  return formatTable(
    results.map(({ name, state, seen, remedy }) => {
      const [color, symbol] = symbols[state];
      return [`${paint(color, symbol)} ${name}`, remedy === undefined ? seen : `${seen}; ${remedy}`];
    }),
  );
}

/** What a check that threw says. */
export function checkReason(thrown: unknown): { because: string; remedy?: string } {
  const { message, because, hint } = asColdstartError(thrown);
  return { because: because === undefined ? message : `${message}: ${because}`, remedy: hint };
}
