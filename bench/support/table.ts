import os from 'node:os';
import { formatTable } from '../../src/render/table.ts';

export type Row = Readonly<Record<string, string | number>>;

/** Prints rows as a table for people, or as JSON for programs. */
export function printRows(title: string, rows: readonly Row[], json: boolean): void {
  if (json) {
    process.stdout.write(`${JSON.stringify({ bench: title, computer: computer(), rows }, null, 2)}\n`);
    return;
  }
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))];
  const cells = rows.map(row => names.map(name => shown(row[name])));
  process.stdout.write(`${title}\n${formatTable([names, ...cells])}`);
}

/** What the figures were taken on. */
function computer(): Row {
  const [cpu] = os.cpus();
  return {
    cores: os.cpus().length,
    cpu: cpu?.model ?? 'unknown',
    memoryGib: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}`,
    node: process.version,
  };
}

function shown(value: string | number | undefined): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isInteger(value) ? String(value) : value.toFixed(value < 10 ? 3 : 1);
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
