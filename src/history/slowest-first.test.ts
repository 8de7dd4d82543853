import { expect, test } from 'vitest';
import { expectationsOf } from './expect.ts';
import { emptyHistory } from './history.ts';
import { slowestFirst } from './slowest-first.ts';

const steps = [{ id: 'hardware.deploy' }, { id: 'prepare.machine' }];
const roads = ['quick', 'slow', 'unknown'].map(id => ({ id, steps }));

function history(durations: Readonly<Record<string, [deployMs: number, prepareMs: number]>>) {
  const { addons, machines } = emptyHistory();
  for (const [id, [deployMs, prepareMs]] of Object.entries(durations)) {
    const samples = { 'hardware.deploy': [deployMs], 'prepare.machine': [prepareMs] };
    machines.set(id, { id, name: id, role: 'worker', runs: 1, failures: {}, retries: 0, lastAt: 0, samples });
  }
  return expectationsOf({ addons, machines });
}

test('who needs longest for the whole road goes first; who is unknown takes the time of the others', () => {
  const order = slowestFirst(roads, history({ quick: [50, 10], slow: [20, 200] }));
  expect(order.map(({ id }) => id)).toEqual(['slow', 'unknown', 'quick']);
});

test('without a history the order stays', () => {
  expect(slowestFirst(roads, history({}))).toEqual(roads);
});
