import { expect, test } from 'vitest';
import type { JournalEvent } from '../journal/events.ts';
import { comparisonSentence } from './compare.ts';
import { expectationsOf } from './expect.ts';
import { emptyHistory, foldRun, samplesKept } from './history.ts';
import { done, type RunWish, viewOf } from './run.fixture.ts';

const seconds = (ms: number) => `${Math.round(ms / 1000)} s`;

/** Two machines; `b` is always quick, `a` takes as long as it is told. */
function cycle(index: number, postSeconds: number): RunWish {
  const startedAt = 1_000 * (index + 1);
  const marks = [
    { part: 'post' as const, at: startedAt * 1000 },
    { part: 'image' as const, at: (startedAt + postSeconds) * 1000 },
  ];
  const deployed = postSeconds + 100;
  return {
    run: `run-${index}`,
    startedAt,
    targets: [
      { target: 'a', name: 'dev-10', steps: ['hardware.deploy', 'prepare.machine'] },
      { target: 'b', name: 'dev-11', steps: ['hardware.deploy', 'prepare.machine'] },
    ],
    events: [
      ...done('a', 'hardware.deploy', 0, deployed, { change: 'deploy dev-10' }),
      [deployed, { type: 'machine.timed', target: 'a', marks }],
      ...done('a', 'prepare.machine', deployed, deployed + 60, { change: 'prepare dev-10' }),
      ...done('b', 'hardware.deploy', 0, 90, { change: 'deploy dev-11' }),
      ...done('b', 'prepare.machine', 90, 150, { change: 'prepare dev-11' }),
    ],
    endsAt: deployed + 60,
  };
}

function historyOf(...posts: number[]) {
  const history = emptyHistory();
  for (const [index, post] of posts.entries()) foldRun(history, viewOf(cycle(index, post)));
  return history;
}

test('a slower run says which part of which machine made it slower', () => {
  const { runs } = historyOf(35, 34, 36, 75);
  expect(runs.map(run => comparisonSentence(run, seconds))).toEqual([
    '',
    'as usual',
    'as usual',
    "40 s slower than usual, all of it dev-10's power-on and POST (75 s, usually 35 s)",
  ]);
});

test('a faster run is faster, and nobody is blamed', () => {
  expect(comparisonSentence(historyOf(75, 75, 35).runs[2] ?? { ms: 0 }, seconds)).toBe(
    '40 s faster than usual',
  );
});

test('runs that did other work are not compared', () => {
  const history = historyOf(35);
  const other = cycle(1, 75);
  other.targets.pop();
  other.events = other.events.filter(([, event]) => 'target' in event && event.target === 'a');
  expect(foldRun(history, viewOf(other)).comparison).toBeUndefined();
});

test('a machine keeps its newest durations, by part', () => {
  const posts = Array.from({ length: samplesKept + 5 }, (_, index) => index + 1);
  const { machines } = historyOf(...posts);
  const samples = machines.get('a')?.samples['hardware.deploy/post'];
  expect(samples).toHaveLength(samplesKept);
  expect(samples?.at(-1)).toBe(posts.length * 1000);
  expect(machines.get('a')).toMatchObject({ runs: posts.length, failures: {}, retries: 0 });
});

test('failures are counted by kind, retries apart, and only whole durations count', () => {
  const error = { code: 'TIMED_OUT', message: 'gave up', because: 'nothing', hint: 'look' } as const;
  const ids = { target: 'a', step: 'prepare.machine' };
  const failed = (retry: boolean): JournalEvent => ({
    type: 'step.failed',
    ...ids,
    attempt: 1,
    retry,
    error,
  });
  const history = emptyHistory();
  const targets = [{ target: 'a', steps: ['hardware.deploy', 'prepare.machine'] }];
  foldRun(
    history,
    viewOf({
      targets,
      events: [
        // Begun by a former run, so this is only the rest of it.
        ...done('a', 'hardware.deploy', 0, 5),
        [5, { type: 'step.started', ...ids, attempt: 1 }],
        [6, failed(true)],
        [7, { type: 'step.started', ...ids, attempt: 2 }],
        [8, { type: 'step.done', ...ids, already: false }],
      ],
    }),
  );
  foldRun(
    history,
    viewOf({
      run: 'run-2',
      targets,
      events: [
        [0, { type: 'step.done', target: 'a', step: 'hardware.deploy', already: true }],
        [1, { type: 'step.started', ...ids, attempt: 1 }],
        [2, failed(false)],
      ],
    }),
  );
  expect(history.machines.get('a')).toMatchObject({
    runs: 2,
    failures: { TIMED_OUT: 1 },
    retries: 1,
    lastError: { run: 'run-2', step: 'prepare.machine', message: 'gave up: nothing' },
    samples: {},
  });
  expect(history.runs.map(({ outcome }) => outcome)).toEqual(['unfinished', 'unfinished']);
});

test('a machine is measured by itself, else by its peers, else by nobody', () => {
  const expectations = expectationsOf(historyOf(100, 110, 120));
  expect(expectations.of('a', 'hardware.deploy')).toMatchObject({ usualMs: 210_000, from: 'itself' });
  expect(expectations.of('new', 'hardware.deploy')).toMatchObject({ usualMs: 150_000, from: 'peers' });
  expect(expectations.of('a', 'cluster.init')).toBeUndefined();
});
