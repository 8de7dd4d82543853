import fc from 'fast-check';
import { expect, test } from 'vitest';
import { criticalPath } from './critical-path.ts';
import { done, type RunWish, viewOf } from './run.fixture.ts';
import { type Segment, segmentsOf } from './segments.ts';

const joinsLate: RunWish = {
  targets: [
    { target: 'cp', steps: ['hardware.deploy', 'cluster.init'] },
    { target: 'w1', steps: ['hardware.deploy', 'cluster.join-worker'] },
    { target: 'w2', steps: ['hardware.deploy', 'cluster.join-worker'] },
  ],
  events: [
    ...done('cp', 'hardware.deploy', 0, 100),
    ...done('cp', 'cluster.init', 100, 130),
    ...done('w1', 'hardware.deploy', 0, 80),
    ...done('w1', 'cluster.join-worker', 130, 150, { waitedFor: 'cluster.init of cp' }),
    ...done('w2', 'hardware.deploy', 0, 120),
    ...done('w2', 'cluster.join-worker', 130, 140, { waitedFor: 'cluster.init of cp' }),
  ],
  endsAt: 150,
};

function brief(segments: readonly Segment[], startedAt: number): string[] {
  return segments.map(
    ({ target, part, kind, from, to }) =>
      `${target} ${part} ${kind} ${(from - startedAt) / 1000}-${(to - startedAt) / 1000}`,
  );
}

test('the path goes over what was waited for, not over who waited', () => {
  const view = viewOf(joinsLate);
  expect(brief(criticalPath(view), view.startedAt)).toEqual([
    'cp hardware.deploy work 0-100',
    'cp cluster.init work 100-130',
    'w1 cluster.join-worker work 130-150',
  ]);
});

test("a machine's own time shows its waits, and for whom", () => {
  const view = viewOf(joinsLate);
  const w1 = view.targets.get('w1');
  const segments = w1 ? segmentsOf(view, w1) : [];
  expect(brief(segments, view.startedAt)).toEqual([
    'w1 hardware.deploy work 0-80',
    'w1 cluster.join-worker wait 80-130',
    'w1 cluster.join-worker work 130-150',
  ]);
  expect(segments[1]?.waitedFor).toBe('cluster.init of cp');
});

test('a deployment is split where its parts are known', () => {
  const view = viewOf({
    targets: [{ target: 'a', steps: ['hardware.deploy'] }],
    events: [
      ...done('a', 'hardware.deploy', 0, 300),
      [
        301,
        {
          type: 'machine.timed',
          target: 'a',
          marks: [
            { part: 'post', at: 1_002_000 },
            { part: 'pxe', at: 1_040_000 },
            { part: 'boot', at: 1_250_000 },
          ],
        },
      ],
    ],
    endsAt: 301,
  });
  expect(brief(criticalPath(view), view.startedAt)).toEqual([
    'a hardware.deploy/post work 0-40',
    'a hardware.deploy/pxe work 40-250',
    'a hardware.deploy/boot work 250-300',
  ]);
});

test('time on the path that nothing explains is a wait', () => {
  const view = viewOf({
    targets: [{ target: 'a', steps: ['hardware.deploy', 'prepare.machine'] }],
    events: [...done('a', 'hardware.deploy', 2, 10), ...done('a', 'prepare.machine', 15, 20)],
    endsAt: 20,
  });
  expect(brief(criticalPath(view), view.startedAt)).toEqual([
    'a hardware.deploy wait 0-2',
    'a hardware.deploy work 2-10',
    'a prepare.machine wait 10-15',
    'a prepare.machine work 15-20',
  ]);
});

test('the path has no holes and no overlaps, whatever the durations', () => {
  const second = fc.integer({ min: 1, max: 500 });
  fc.assert(
    fc.property(fc.array(fc.tuple(second, second, second), { minLength: 1, maxLength: 6 }), machines => {
      const init = 10;
      const [first = [1, 1, 1]] = machines;
      const gate = first[0] + init;
      const steps = ['hardware.deploy', 'cluster.join-worker'];
      const view = viewOf({
        targets: [
          { target: 'm0', steps: ['hardware.deploy', 'cluster.init'] },
          ...machines.slice(1).map((_, index) => ({ target: `m${index + 1}`, steps })),
        ],
        events: machines.flatMap(([deploy, join], index) => {
          const target = `m${index}`;
          if (index === 0)
            return [
              ...done(target, 'hardware.deploy', 0, deploy),
              ...done(target, 'cluster.init', deploy, gate),
            ];
          const from = Math.max(deploy, gate);
          const waited = deploy < gate ? { waitedFor: 'cluster.init of m0' } : {};
          return [
            ...done(target, 'hardware.deploy', 0, deploy),
            ...done(target, 'cluster.join-worker', from, from + join, waited),
          ];
        }),
      });
      const path = criticalPath(view);
      expect(path[0]?.from).toBe(view.startedAt);
      expect(path.at(-1)?.to).toBe(view.lastAt);
      expect(path.slice(1).map(({ from }) => from)).toEqual(path.slice(0, -1).map(({ to }) => to));
      expect(path.filter(({ from, to }) => to < from)).toEqual([]);
    }),
  );
});
