import { expect, it } from 'vitest';
import { assessFleet } from './assess.ts';
import { garage, workerLike } from './machine.fixture.ts';

it.each([
  ['node-10 node-9 node-1', 'node-1 node-9 node-10'],
  ['rack2-b rack10-a rack2-a', 'rack2-a rack2-b rack10-a'],
  ['node-1 Node-2 NODE-03', 'node-1 Node-2 NODE-03'],
  ['n1 n01 n1a n', 'n n01 n1 n1a'],
])('has the machines %s in the order %s', (given, expected) => {
  const names = given.split(' ');
  for (const some of [names, names.toReversed()]) {
    const machines = new Map(some.map(name => workerLike(name)).map(machine => [machine.id, machine]));
    const fleet = assessFleet(garage, { user: 'me', machines, kubernetes: { state: 'none' } }, 'up');
    expect(fleet.machines.map(({ machine }) => machine.hostname).join(' ')).toBe(expected);
  }
});
