import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emptyHistory, foldRun } from '../history/history.ts';
import { done, type RunWish, viewOf } from '../history/run.fixture.ts';
import { tickLabel, ticksUntil } from './axis.ts';
import { markup } from './markup.ts';
import { reportHtml } from './report.ts';

function report(...wishes: RunWish[]): string {
  const history = emptyHistory();
  const folded = wishes.map(wish => {
    const view = viewOf(wish);
    return { view, record: foldRun(history, view) };
  });
  const last = folded.at(-1);
  if (!last) throw new Error('no runs');
  return reportHtml({ ...last, history });
}

function fleet(count: number, run = 'run-1', nameOf = (index: number) => `dev-${index}`): RunWish {
  const ids = Array.from({ length: count }, (_, index) => `id${index}`);
  return {
    run,
    targets: ids.map((target, index) => ({
      target,
      name: nameOf(index),
      steps: ['hardware.deploy', index === 0 ? 'cluster.init' : 'cluster.join-worker'],
    })),
    events: ids.flatMap((id, index) => [
      ...done(id, 'hardware.deploy', 0, 100 + index, { change: `deploy ${id}` }),
      ...(index === 0
        ? done(id, 'cluster.init', 100, 100 + count + 20)
        : done(id, 'cluster.join-worker', 100 + count + 20, 140 + count, {
            waitedFor: 'cluster.init of id0',
          })),
    ]),
    endsAt: 140 + count,
  };
}

/** Names of the elements that are open at the end, or closed without being open. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, slash, name = '', empty] of html.matchAll(/<(\/?)([a-z0-9]+)(?:\s[^<>]*?)?(\/?)>/gi)) {
    if (empty || ['meta', 'br'].includes(name)) continue;
    if (!slash) open.push(name);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

test('every machine has a lane, waits are drawn, and the critical path is marked', () => {
  const html = report(fleet(3));
  for (const name of ['dev-0', 'dev-1', 'dev-2']) expect(html).toContain(`>${name}</text>`);
  expect(html).toContain('waits to begin kubeadm join, for cluster.init of id0');
  // In the lane of the path, and in the lanes of dev-0 and of the one that joined last.
  expect(html.match(/class="bar critical"/g)?.length).toBeGreaterThanOrEqual(6);
  expect(unbalanced(html)).toEqual([]);
});

test('the page asks nobody for anything', () => {
  const html = report(fleet(3, 'run-1'), fleet(3, 'run-2'));
  expect(html).not.toMatch(/<(script|link|img|iframe|object|embed|base)\b|@import|\b(src|href)=/i);
  expect(
    [...html.matchAll(/url\(([^)]*)\)/g)].map(([, target]) => target).filter(each => each !== '#wait'),
  ).toEqual([]);
  expect(html).toContain("default-src 'none'");
});

test('names and messages are foreign data: they never become markup', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 30 }),
      fc.string({ maxLength: 30 }),
      (name, message) => {
        const evil = `${name}<script>"'&`;
        const wish = fleet(2, 'run-1', () => evil);
        const failed = { type: 'step.failed', target: 'id1', step: 'hardware.deploy', attempt: 1 } as const;
        wish.events = [
          [0, { type: 'step.started', target: 'id1', step: 'hardware.deploy', attempt: 1 }],
          [
            1,
            {
              ...failed,
              retry: false,
              error: { code: 'TIMED_OUT', message: `${message}</td>`, because: evil, hint: evil },
            },
          ],
        ];
        const html = report(wish);
        expect(html).not.toContain('<script');
        expect(unbalanced(html)).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

test('a control character is not written', () => {
  expect(markup`<b>${'a\u0000\u001b[31mb'}</b>`.text).toBe('<b>a��[31mb</b>');
});

test('of thousands of machines those that ended last have lanes, and all are in the table', () => {
  const html = report(fleet(1000));
  expect(html).toContain('700 machines that ended sooner are left out');
  expect(html.match(/<tr><td>dev-/g)?.length).toBeGreaterThanOrEqual(1000);
});

test('the chart of cycle times appears with the second run of a command', () => {
  expect(report(fleet(2, 'run-1'))).not.toContain('Cycle time');
  const html = report(fleet(2, 'run-1'), fleet(5, 'run-2'), fleet(2, 'run-3'));
  expect(html.match(/<rect class="cycle[^"]*"[^>]*><title>/g)).toHaveLength(3);
  expect(html).toContain('class="cycle other"');
  expect(html).toContain('median 2:22 min');
});

test('a run that was cut off has a report too', () => {
  const { endsAt: _, ...wish } = fleet(3);
  wish.events = wish.events.filter(([second]) => second < 50);
  const html = report(wish);
  expect(html).toContain('unfinished');
  expect(unbalanced(html)).toEqual([]);
});

describe('the axis', () => {
  test.each<[number, string]>([
    [50, '0'],
    [400, '0 0.1 s 0.2 s 0.3 s 0.4 s'],
    [9_000, '0 2 s 4 s 6 s 8 s'],
    [500_000, '0 2 min 4 min 6 min 8 min'],
    [3_600_000 * 5, '0 1 h 2 h 3 h 4 h 5 h'],
    [3_600_000 * 24 * 20, '0 72 h 144 h 216 h 288 h 360 h 432 h'],
  ])('%i ms', (ms, labels) => {
    expect(ticksUntil(ms, 8).map(tickLabel).join(' ')).toBe(labels);
  });

  test('has few ticks, from zero, and none beyond the end', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e10 }), ms => {
        const ticks = ticksUntil(ms, 8);
        expect(ticks[0]).toBe(0);
        expect(ticks.length).toBeLessThanOrEqual(10);
        expect(ticks.at(-1)).toBeLessThanOrEqual(ms);
      }),
    );
  });
});
