import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Forecast } from '../history/forecast.ts';
import { done, type RunWish, viewOf } from '../history/run.fixture.ts';
import { standText } from './fleet.ts';
import { type LiveOptions, liveView } from './live.ts';
import { plainPaint } from './paint.ts';
import { visibleLength } from './table.ts';

const steps = ['hardware.deploy', 'prepare.machine'];

/** Of `count` machines the first is done, the second has failed, the third prepares, the others deploy. */
function fleet(count: number): RunWish {
  const ids = Array.from({ length: count }, (_, index) => `id${index}`);
  const error = { code: 'MACHINE_FAILED', message: 'did not deploy', hint: '' } as const;
  const started = (target: string): RunWish['events'][number] => [
    0,
    { type: 'step.started', target, step: 'hardware.deploy', attempt: 1 },
  ];
  return {
    targets: ids.map((target, index) => ({ target, name: `node-${index}`, steps })),
    events: ids.flatMap((target, index) => {
      if (index === 0)
        return [...done(target, 'hardware.deploy', 0, 10), ...done(target, 'prepare.machine', 10, 15)];
      if (index === 1)
        return [
          started(target),
          [
            9,
            { type: 'step.failed', target, step: 'hardware.deploy', attempt: 1, retry: false, error },
          ] satisfies RunWish['events'][number],
        ];
      if (index === 2) return done(target, 'hardware.deploy', 0, 12);
      return [started(target)];
    }),
  };
}

const forecast: Forecast = {
  leftMs: 95_000,
  leftOf: new Map([
    ['id2', 20_000],
    ['id3', 95_000],
    ['id4', 60_000],
  ]),
  late: new Set(['id4']),
};

function picture(count: number, more: Partial<LiveOptions> = {}): string[] {
  const view = viewOf(fleet(count));
  const now = view.startedAt + 20_000;
  const options = { now, columns: 100, rows: 24, paint: plainPaint, remarks: new Map(), forecast, ...more };
  return liveView(view, options).trimEnd().split('\n');
}

test('one line a machine: stage, time, what is left, what it does', () => {
  const remarks = new Map([['id3', 'Loading\nephemeral']]);
  expect(picture(5, { remarks })).toEqual([
    'coldstart up  lab  20 s  about 1 min 35 s left',
    'node-0  worker  ✓✓                           done',
    'node-1  worker  ✗·  9.0 s                    hardware.deploy: did not deploy',
    'node-2  worker  ✓·         ~20 s left        waits to begin prepare.machine',
    'node-3  worker  ●·  20 s   ~1 min 35 s left  hardware.deploy  Loading ephemeral',
    'node-4  worker  ●·  20 s   late              hardware.deploy',
  ]);
});

/** The second machine has failed and given its place to a third. */
function replaced(count: number): RunWish {
  const wish = fleet(count);
  const by = { target: 'spare', name: 'node-x', role: 'worker', steps } as const;
  const events: RunWish['events'] = [
    [10, { type: 'step.blocked', target: 'id1', step: 'prepare.machine', by: 'hardware.deploy' }],
    [10, { type: 'target.set-aside', target: 'id1', because: 'no', broken: false }],
    [10, { type: 'target.replaced', target: 'id1', by: { ...by, steps } }],
  ];
  return { ...wish, events: [...wish.events.slice(0, 6), ...events] };
}

test('a machine that is replaced shows who took its place', () => {
  const view = viewOf(replaced(2));
  const now = view.startedAt + 20_000;
  const none: Forecast = { leftMs: undefined, leftOf: new Map(), late: new Set() };
  const options = { now, columns: 100, paint: plainPaint, remarks: new Map(), forecast: none };
  expect(
    liveView(view, { ...options, rows: 24 })
      .trimEnd()
      .split('\n')
      .slice(1),
  ).toEqual([
    'node-0           worker  ✓✓           done',
    'node-1 → node-x  worker  ✗‖  9.0 s    hardware.deploy failed: set aside',
    'node-x           worker  ··           waits to begin hardware.deploy',
  ]);
  expect(liveView(view, { ...options, rows: 4 })).toContain(
    'hardware 1   prepare 0   cluster 0   configure 0   replaced 1\n',
  );
  expect(standText(view, none)).toBe('2 machines and add-ons: hardware 1, done 1, replaced 1');
});

test('a fleet: how it stands, and the machines that are worth a look, the worst first', () => {
  const lines = picture(500);
  expect(lines).toHaveLength(22);
  expect(lines[1]).toContain('1 of 500 done');
  expect(lines[2]).toBe('hardware 497   prepare 1   cluster 0   configure 0   failed 1');
  expect(lines.slice(4, 7).map(line => line.split(' ')[0])).toEqual(['node-1', 'node-4', 'node-3']);
});

test('the picture is never higher or wider than the terminal, so it never scrolls away', () => {
  const size = fc.integer({ min: 8, max: 120 });
  fc.assert(
    fc.property(fc.integer({ min: 3, max: 300 }), size, size, (count, columns, rows) => {
      const remarks = new Map([['id3', 'x'.repeat(200)]]);
      const lines = picture(count, { columns, rows, remarks });
      expect(lines.length).toBeLessThan(rows);
      expect(Math.max(...lines.map(visibleLength))).toBeLessThanOrEqual(Math.max(columns, 40));
    }),
  );
});

test('a log says in a line how a fleet stands', () => {
  expect(standText(viewOf(fleet(300)), forecast)).toBe(
    '300 machines and add-ons: hardware 297, prepare 1, done 1, failed 1; about 1 min 35 s left',
  );
});
