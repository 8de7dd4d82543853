import { expect, test } from 'vitest';
import { type Cycle, measurementOf } from './cycles.ts';
import { done, type RunWish, viewOf } from './run.fixture.ts';

function cycle(index: number, release: number, deploy: number, prepare: number): Cycle {
  const wish = (command: string, steps: string[], events: RunWish['events'], endsAt: number): RunWish => ({
    run: `${command}-${index}`,
    command,
    startedAt: 10_000 * (index + 1),
    targets: [
      { target: 'a', name: 'dev-10', steps },
      { target: 'b', name: 'dev-11', steps },
    ],
    events,
    endsAt,
  });
  const releasing = done('a', 'hardware.release', 0, release, { change: 'release' });
  const up = [
    ...done('a', 'hardware.deploy', 0, deploy, { change: 'deploy dev-10' }),
    ...done('a', 'prepare.machine', deploy, deploy + prepare),
    ...done('b', 'hardware.deploy', 0, 80, { change: 'deploy dev-11' }),
    ...done('b', 'prepare.machine', 80, 95),
  ];
  return {
    release: viewOf(wish('release', ['hardware.release'], releasing, release)),
    up: viewOf(wish('up', ['hardware.deploy', 'prepare.machine'], up, deploy + prepare)),
  };
}

const cycles = [cycle(0, 5, 100, 20), cycle(1, 5, 140, 20), cycle(2, 8, 100, 20), cycle(3, 5, 100, 24)];

test('each stage has its spread over all cycles, and so has the whole', () => {
  const { spreads } = measurementOf(cycles);
  const texts = spreads.map(({ what, spread }) => {
    const { minimum, median, p90, maximum } = spread;
    return `${what} ${[minimum, median, p90, maximum].map(ms => ms / 1000).join(' ')}`;
  });
  expect(texts).toEqual([
    'release 5 5 7.1 8',
    'hardware 100 100 128 140',
    'prepare 20 20 22.8 24',
    'total 125 128.5 154.2 165',
  ]);
  expect(spreads[1]?.spread.standardDeviation).toBe(20_000);
});

test('the slow cycle is laid at the door of the part that was slow, the first one too', () => {
  const first = measurementOf([cycle(0, 5, 140, 20), ...cycles.slice(2)]);
  expect(first.cycles.map(({ comparison }) => comparison?.causes[0])).toMatchObject([
    { name: 'dev-10', part: 'hardware.deploy', ms: 140_000, usualMs: 100_000 },
    undefined as never,
    { name: 'dev-10', part: 'prepare.machine', ms: 24_000 },
  ]);
});

test('a first cycle that had nothing to release, and no cycles at all', () => {
  const [{ up } = cycle(0, 1, 1, 1)] = cycles;
  expect(measurementOf([{ release: undefined, up }]).cycles[0]?.times).toEqual({
    hardware: 100_000,
    prepare: 20_000,
    total: 120_000,
  });
  expect(measurementOf([])).toEqual({ cycles: [], spreads: [] });
});
