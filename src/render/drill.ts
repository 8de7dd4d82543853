import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';

/** What a view needs of a fault that was rehearsed. */
interface Line {
  rehearsal: { name: string; fault: object & { kind: string } };
  struck: number;
  end: 'recovered' | 'stopped';
  seen: string;
  wrong: string | undefined;
  seconds: number;
}

/** The table of a drill, one line a fault, and below it what ended wrong. */
export function drillTable(lines: readonly Line[], seconds: number, paint: Paint): string {
  const rows = lines.map(({ rehearsal, end, wrong, seconds: took, seen }) => [
    rehearsal.name,
    rehearsal.fault.kind,
    wrong === undefined ? paint('green', end) : paint('red', 'wrong'),
    took.toFixed(1),
    seen.length > longest ? `${seen.slice(0, longest - 1)}…` : seen,
  ]);
  const table = formatTable([['REHEARSED', 'FAULT', 'END', 'SECONDS', 'SEEN'], ...rows]);
  const bad = lines.filter(({ wrong }) => wrong !== undefined);
  const problems = bad.map(
    ({ rehearsal, wrong, seen }) => `${paint('red', '✗')} ${rehearsal.name}: ${wrong}\n  seen: ${seen}\n`,
  );
  const sum = `${lines.length - bad.length} of ${lines.length} ended as they must, in ${seconds.toFixed(0)} seconds.`;
  return `${table}\n${problems.join('')}${sum}`;
}

const longest = 100;

export function drillJson(lines: readonly Line[], seconds: number): Record<string, unknown> {
  return {
    right: lines.every(({ wrong }) => wrong === undefined),
    seconds: round(seconds),
    rehearsals: lines.map(({ rehearsal: { name, fault }, struck, end, seen, wrong, seconds: took }) => {
      return { name, fault, struck, end, seen, right: wrong === undefined, wrong, seconds: round(took) };
    }),
  };
}

function round(seconds: number): number {
  return Math.round(seconds * 10) / 10;
}
