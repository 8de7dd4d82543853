import { expect, test } from 'vitest';
import { annotationKeys } from '../plan/facts.ts';
import { refuseOthers } from './measure.ts';

type Machines = Parameters<typeof refuseOthers>[0]['machines'];

function planOf(
  ...machines: { id: string; wipe: boolean; cluster?: string }[]
): Parameters<typeof refuseOthers>[0] {
  const planned = machines.map(({ id, wipe, cluster }) => ({
    machine: { annotations: cluster === undefined ? {} : { [annotationKeys.cluster]: cluster } },
    target: { id, name: `name-of-${id}`, wipe },
    steps: [],
  }));
  return { machines: planned as unknown as Machines };
}

const confirmed = new Set(['a', 'b']);

test('what was confirmed is released, whatever is on it, in the first cycle', () => {
  expect(() => refuseOthers(planOf({ id: 'a', wipe: true }), confirmed, undefined)).not.toThrow();
});

test.each<[string, ReturnType<typeof planOf>, string | undefined]>([
  ['a machine that came later', planOf({ id: 'c', wipe: true, cluster: 'lab' }), undefined],
  ['a machine that came later, in a later cycle', planOf({ id: 'c', wipe: true, cluster: 'lab' }), 'lab'],
  ['a machine that somebody else deployed meanwhile', planOf({ id: 'a', wipe: true }), 'lab'],
  ['a machine of another cluster', planOf({ id: 'a', wipe: true, cluster: 'other' }), 'lab'],
])('%s is never released', (_, plan, cluster) => {
  expect(() => refuseOthers(plan, confirmed, cluster)).toThrow(/was not released/);
});

test('what loses nothing is nobody to ask about', () => {
  const plan = planOf({ id: 'c', wipe: false }, { id: 'b', wipe: true, cluster: 'lab' });
  expect(() => refuseOthers(plan, confirmed, 'lab')).not.toThrow();
});
