import { expect, test } from 'vitest';
import type { Rehearsal } from './rehearsals.ts';
import { type Course, judge } from './verdict.ts';

const rehearsal = (expected: Rehearsal['expected']): Rehearsal => ({
  name: 'a bad day',
  fault: { kind: 'server-error' },
  expected,
  command: 'up',
  wholeRoad: false,
  inReducedSet: true,
});
const done = { exit: 0, stdout: '{}' };
const failure = { machine: 'node-02', step: 'hardware.deploy', code: 'MACHINE_FAILED', message: 'no power' };
const failed = {
  exit: 5,
  stdout: JSON.stringify({ error: { code: 'MACHINE_FAILED', message: '1 of 3', failures: [failure] } }),
};
const course = (more: Partial<Course>): Course => ({
  before: undefined,
  ended: done,
  struck: 1,
  afterwards: undefined,
  ...more,
});
const stops = rehearsal({ end: 'stopped', code: 'MACHINE_FAILED', says: /no power/ });

test.each<[string, Rehearsal, Partial<Course>, string | undefined]>([
  ['went on', rehearsal({ end: 'recovered' }), {}, undefined],
  ['stopped, and went on later', stops, { ended: failed, afterwards: done }, undefined],
  [
    'a fault that never struck proves nothing',
    rehearsal({ end: 'recovered' }),
    { struck: 0 },
    'never struck',
  ],
  ['should have gone on', rehearsal({ end: 'recovered' }), { ended: failed }, 'should have recovered'],
  ['should have stopped', stops, {}, 'should have stopped'],
  ['never goes on again', stops, { ended: failed, afterwards: failed }, 'does not reach the end'],
  [
    'the wrong words',
    { ...stops, expected: { end: 'stopped', code: 'MACHINE_FAILED', says: /fire/ } },
    { ended: failed },
    'should have said',
  ],
  [
    'the wrong code',
    { ...stops, expected: { end: 'stopped', code: 'MAAS_GONE', says: /no/ } },
    { ended: failed },
    'MAAS_GONE',
  ],
  ['died', stops, { ended: { exit: undefined, stdout: '' } }, 'should have stopped with'],
  ['a bad start', stops, { before: failed, ended: failed }, 'the up before it'],
])('%s', (_, given, more, why) => {
  const { wrong } = judge(given, course(more));
  expect(wrong ?? 'right').toContain(why ?? 'right');
});
