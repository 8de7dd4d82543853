import { expect, test } from 'vitest';
import { inventoryRows, startRow } from '../bench/inventory.ts';
import { makespanRows } from '../bench/makespan.ts';
import type { Row } from '../bench/support/table.ts';

// The benches in a small size, so that they never rot. What they measure depends on the computer, so no time is asserted.

function number(row: Row | undefined, name: string): number {
  const value = row?.[name];
  expect(value, `${name} of ${JSON.stringify(row)}`).toSatisfy(Number.isFinite);
  return Number(value);
}

test('bench:inventory: one request, whatever the number of machines', async () => {
  const rows = await inventoryRows([3, 20]);
  expect(rows.map(({ machines, how, requests }) => ({ machines, how, requests }))).toEqual([
    { machines: 3, how: 'coldstart', requests: 1 },
    { machines: 3, how: 'one by one', requests: 4 },
    { machines: 20, how: 'coldstart', requests: 1 },
    { machines: 20, how: 'one by one', requests: 21 },
  ]);
  for (const name of ['cpuSeconds', 'peakMegabytes', 'megabytes'])
    expect(number(rows[0], name)).toBeGreaterThan(0);
  expect(number(await startRow(1), 'ratio')).toBeGreaterThan(0);
});

test('bench:makespan: a run comes to its end, and not before the limit', { timeout: 120_000 }, async () => {
  const [row] = await makespanRows([3], 300);
  expect(row).toMatchObject({ machines: 3 });
  expect(number(row, 'ratio')).toBeGreaterThan(0.99);
  expect(number(row, 'ratio')).toBeLessThan(10);
  expect(number(row, 'lists')).toBeLessThan(number(row, 'requests'));
});
