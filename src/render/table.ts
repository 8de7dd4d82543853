import { stripVTControlCharacters } from 'node:util';

/** Rows in columns, two spaces apart; the first row is the heading. Cells may carry colours. No trailing spaces. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [column, cell] of row.entries())
      widths[column] = Math.max(widths[column] ?? 0, visibleLength(cell));
  }
  const lines = rows.map(row =>
    row
      .map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - visibleLength(cell)))
      .join('  ')
      .trimEnd(),
  );
  return lines.map(line => `${line}\n`).join('');
}

/** Characters that a terminal shows. */
export function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}
