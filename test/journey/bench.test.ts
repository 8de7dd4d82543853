import { expect, test } from 'vitest';
import { ansibleRows } from '../../bench/ansible.ts';
import { growRows } from '../../bench/grow.ts';
import { inventoryRows, startRow } from '../../bench/inventory.ts';
import { makespanRows } from '../../bench/makespan.ts';
import { noopRows } from '../../bench/noop.ts';
import type { Row } from '../../bench/support/table.ts';

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

test('bench:makespan: a run comes to its end, and not before the limit', async () => {
  const [row] = await makespanRows([3], 300);
  expect(row).toMatchObject({ machines: 3 });
  expect(number(row, 'ratio')).toBeGreaterThan(0.99);
  expect(number(row, 'ratio')).toBeLessThan(10);
  expect(number(row, 'savedPlanRatio')).toBeGreaterThan(0.99);
  expect(number(row, 'ratio2018')).toBeGreaterThan(0.99);
  expect(number(row, 'lists')).toBeLessThan(number(row, 'requests'));
});

test('bench:noop: two requests of MAAS, two of Kubernetes, and neither ssh nor Ansible', async () => {
  const rows = await noopRows([2, 20]);
  expect(rows).toMatchObject([
    { machines: 2, maasRequests: 2, kubernetesRequests: 2 },
    { machines: 20, maasRequests: 2, kubernetesRequests: 2 },
  ]);
});

test('bench:grow: one more machine changes as much in a large cluster as in a small one', async () => {
  const [small, large] = await growRows([2, 20], 100);
  // Allocate, claim, deploy; and what was done is noted: prepared, joined, and once for the cluster, configured.
  expect([number(small, 'changes'), number(large, 'changes')]).toEqual([6, 6]);
  expect(number(small, 'processes')).toBe(number(large, 'processes'));
  for (const row of [small, large]) expect(number(row, 'ownSeconds')).toBeGreaterThan(0);
});

test('bench:ansible: machines that are ready at different times share processes', async () => {
  const [shared, each, together] = await ansibleRows([8], 10);
  expect(each).toMatchObject({ processes: 8 });
  expect(together).toMatchObject({ processes: 1 });
  expect(number(shared, 'processes')).toBeLessThan(8);
});
