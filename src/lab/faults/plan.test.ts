import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Fault, isOf } from './fault.ts';
import { openFaultPlan } from './plan.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'coldstart-faults-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const machine = { id: 'abc123', hostname: 'node-01', mac: '52:54:00:00:00:01' };
const other = { id: 'def456', hostname: 'node-02', mac: '52:54:00:00:00:02' };
const powerOn = isOf('power-on-fails');

function planOf(...faults: Fault[]) {
  const plan = openFaultPlan(undefined);
  plan.replace({ faults });
  return plan;
}

test('once means once for each machine, also over a restart of the lab', () => {
  const first = openFaultPlan(folder);
  first.replace({ faults: [{ kind: 'power-on-fails', times: 1 }] });
  expect(first.strike(powerOn, machine)).toMatchObject({ kind: 'power-on-fails' });
  const second = openFaultPlan(folder);
  expect(second.strike(powerOn, machine)).toBeUndefined();
  expect(second.strike(powerOn, other)).toBeDefined();
  expect(second.report()).toEqual([{ fault: { kind: 'power-on-fails', times: 1 }, struck: 2 }]);
});

test('a fault strikes only the machine that it names, by host name or system id', () => {
  const plan = planOf({ kind: 'power-on-fails', machine: 'node-02' }, { kind: 'slow', machine: 'abc123' });
  expect(plan.strike(powerOn, machine)).toBeUndefined();
  expect(plan.strike(powerOn, other)).toBeDefined();
  expect(plan.strike(isOf('slow'), machine)).toBeDefined();
});

test('lets chances pass first, and counts those of the API together', () => {
  const plan = planOf({ kind: 'server-error', after: 2, times: 2 });
  const struck = [machine, other, machine, undefined, other].map(
    subject => plan.strike(isOf('server-error'), subject, 'lab') !== undefined,
  );
  expect(struck).toEqual([false, false, true, true, false]);
});

test('what is usual for a kind holds where the fault says nothing', () => {
  const plan = planOf({ kind: 'connection-refused' });
  expect(plan.strike(isOf('connection-refused'))).toMatchObject({ seconds: 3 });
  expect(plan.strike(isOf('connection-refused'))).toBeUndefined();
});

test('strikes by chance as the seed says', () => {
  const struck = (seed: string) => {
    const plan = openFaultPlan(undefined);
    plan.replace({ seed, faults: [{ kind: 'power-on-fails', chance: 0.3 }] });
    return Array.from({ length: 100 }, (_, index) =>
      Boolean(plan.strike(powerOn, { ...machine, id: `m${index}`, mac: `52:54:00:00:01:${index}` })),
    );
  };
  const first = struck('x');
  expect(struck('x')).toEqual(first);
  expect(struck('y')).not.toEqual(first);
  expect(first.filter(Boolean).length).toBeGreaterThan(15);
  expect(first.filter(Boolean).length).toBeLessThan(45);
});
