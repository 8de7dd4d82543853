import { expect, test } from 'vitest';
import { expectationsOf } from './expect.ts';
import { type After, forecastOf } from './forecast.ts';
import { emptyHistory, foldRun } from './history.ts';
import { done, type RunWish, viewOf } from './run.fixture.ts';

const after: After = step => (step === 'cluster.join-worker' ? ['cluster.init'] : []);
const steps = ['hardware.deploy', 'hardware.power-on', 'prepare.machine'];
const targets = [
  { target: 'cp', steps: [...steps, 'cluster.init'] },
  { target: 'w', steps: [...steps, 'cluster.join-worker'] },
];
const former: RunWish = {
  targets,
  events: [
    ...done('cp', 'hardware.deploy', 0, 100, { change: 'deploy' }),
    ...done('cp', 'prepare.machine', 100, 150),
    ...done('cp', 'cluster.init', 150, 190),
    ...done('w', 'hardware.deploy', 0, 60, { change: 'deploy' }),
    ...done('w', 'prepare.machine', 60, 110),
    ...done('w', 'cluster.join-worker', 190, 200),
  ],
  endsAt: 200,
};

function forecast(events: RunWish['events'], atSecond: number, more: Partial<RunWish> = {}, known = true) {
  const history = emptyHistory();
  if (known) foldRun(history, viewOf(former));
  const view = viewOf({ run: 'now', targets, events, ...more });
  const { leftMs, leftOf, late } = forecastOf(
    view,
    (1_000 + atSecond) * 1000,
    expectationsOf(history),
    after,
  );
  const seconds = Object.fromEntries([...leftOf].map(([id, ms]) => [id, ms / 1000]));
  return { left: leftMs === undefined ? undefined : leftMs / 1000, seconds, late: [...late] };
}

const started = (target: string, second: number, step = 'hardware.deploy'): RunWish['events'][number] => [
  second,
  { type: 'step.started', target, step, attempt: 1 },
];

test('the rest of a road is what it usually takes; a worker also waits for the first control plane', () => {
  expect(forecast([started('cp', 0), started('w', 0)], 30)).toEqual({
    // 70 of the deployment, 50, 40; the worker joins after that.
    left: 170,
    seconds: { cp: 160, w: 170 },
    late: [],
  });
});

test('what takes longer than usual is late, and may end at any moment', () => {
  expect(forecast([started('cp', 0), started('w', 0)], 120)).toEqual({
    left: 100,
    seconds: { cp: 90, w: 100 },
    late: ['cp', 'w'],
  });
});

test('without any history nothing is made up', () => {
  expect(forecast([started('cp', 0), started('w', 0)], 30, {}, false)).toEqual({
    left: undefined,
    seconds: {},
    late: [],
  });
});

test('a machine that is new is expected to take what others took in this run', () => {
  const two = [
    { target: 'a', steps: ['hardware.deploy'] },
    { target: 'b', steps: ['hardware.deploy'] },
  ];
  const events = [...done('a', 'hardware.deploy', 0, 50), started('b', 20)];
  expect(forecast(events, 60, { targets: two }, false)).toEqual({ left: 10, seconds: { b: 10 }, late: [] });
});

test('a machine that failed is not waited for', () => {
  const error = { code: 'TIMED_OUT', message: 'no', hint: '' } as const;
  const events: RunWish['events'] = [
    started('w', 0),
    [5, { type: 'step.failed', target: 'w', step: 'hardware.deploy', attempt: 1, retry: false, error }],
    started('cp', 0),
  ];
  expect(forecast(events, 30)).toEqual({ left: 160, seconds: { cp: 160 }, late: [] });
});

test('an add-on takes what it took; one that was never seen keeps the end of the run unknown', () => {
  const addon = (name: string) => ({
    target: `addon/${name}`,
    role: 'add-on' as const,
    steps: ['configure.addon'],
  });
  const history = emptyHistory();
  const before = {
    targets: [addon('metallb')],
    events: done('addon/metallb', 'configure.addon', 0, 25),
    endsAt: 25,
  };
  foldRun(history, viewOf(before));
  expect(history.machines.size).toBe(0);
  const leftOf = (...names: string[]) => {
    const view = viewOf({ run: 'now', targets: names.map(addon), events: [] });
    return forecastOf(view, 1_000_000, expectationsOf(history), after).leftMs;
  };
  expect(leftOf('metallb')).toBe(25_000);
  expect(leftOf('metallb', 'traefik')).toBeUndefined();
});
