import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SimulatedLab, startSimulatedLab } from '../support/lab.ts';

const gapSeconds = 2;
let lab: SimulatedLab;
let config: string;

beforeAll(async () => {
  lab = await startSimulatedLab(['--count', '5', '--time-scale', '300']);
  config = path.join(lab.home, 'cluster.yaml');
});
afterAll(() => lab?.remove());

/** Seconds at which the region saw the machines switched on for the last time, in order. */
async function powerOns(names: readonly string[]): Promise<number[]> {
  const { machines } = await lab.maas.listMachines();
  const ids = machines.filter(({ hostname }) => names.includes(hostname)).map(({ id }) => id);
  const events = await lab.maas.events({ ids, level: 'DEBUG', limit: 1000 });
  const newest = new Map<string, number>();
  for (const { type, regionMs, machine } of events)
    if (type === 'Node powered on') newest.set(machine, (regionMs ?? Number.NaN) / 1000);
  expect(newest.size).toBe(names.length);
  return [...newest.values()].sort((a, b) => a - b);
}

/** Whether no more than `atOnce` were switched on within the gap. The region's times are whole seconds, rounded down. */
function keepsApart(times: readonly number[], atOnce: number): boolean {
  return times.every(
    (time, index) => (times[index + atOnce] ?? Number.POSITIVE_INFINITY) - time >= gapSeconds,
  );
}

test('machines of a circuit are switched on apart, the others at once', async () => {
  await writeFile(
    config,
    `power:
  circuits:
    a: {machines: [node-01, node-02, node-03], gapSeconds: ${gapSeconds}}
    b: {machines: [node-04, node-05], atOnce: 2, gapSeconds: 600}
`,
  );
  const plan = await lab.run('plan', '--config', config);
  expect(plan.stdout).toContain('circuit a starts 1 at once, 2.0 s apart: node-01, node-02, node-03');
  const { exitCode, stderr } = await lab.run('up', '--config', config);
  expect(exitCode, stderr).toBe(0);
  expect(keepsApart(await powerOns(['node-01', 'node-02', 'node-03']), 1)).toBe(true);
  // Ten minutes apart would not have ended yet.
  expect(await powerOns(['node-04', 'node-05'])).toHaveLength(2);
});

test('reset keeps them apart too', async () => {
  const { exitCode, stderr } = await lab.run('reset', '--yes', '--config', config);
  expect(exitCode, stderr).toBe(0);
  expect(keepsApart(await powerOns(['node-01', 'node-02', 'node-03']), 1)).toBe(true);
});

test('an erasure switches machines on, so it keeps them apart too, and says what it does', async () => {
  const { exitCode, stderr } = await lab.run('release', '--erase', 'quick', '--yes', '--config', config);
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toMatch(/node-01 .*LAB-0001 .*sda 120 GB.*released, disks erased \(quick\), powered off/);
  expect(stderr).toContain('circuit a starts 1 at once');
  const { machines } = await lab.maas.listMachines();
  expect(new Set(machines.map(({ statusName }) => statusName))).toEqual(new Set(['Ready']));
});

test('a name that no machine has is named with its line, and nothing is switched on', async () => {
  await writeFile(config, 'power:\n  circuits:\n    a:\n      machines: [node-01, nod-02]\n');
  const { exitCode, stderr } = await lab.run('up', '--config', config);
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(
    /cluster\.yaml:4:27: power\.circuits\.a\.machines\.1: no machine with a role tag is called nod-02, did you mean node-02\?/,
  );
});
