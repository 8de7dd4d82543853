import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Expected } from './expect.ts';
import { patienceFrom } from './patience.ts';

const minute = 60_000;
const said = { warnAfterMs: 15 * minute, failAfterMs: 90 * minute };

function took(minutes: number, more: Partial<Expected> = {}): Expected {
  const ms = minutes * minute;
  return { usualMs: ms, p90Ms: ms, longestMs: ms, samples: 10, from: 'itself', ...more };
}

test.each<[string, Expected | undefined, object, { warn: number; fail: number }]>([
  ['nothing is known', undefined, said, { warn: 15, fail: 90 }],
  ['it always takes six minutes', took(6), said, { warn: 9, fail: 30 }],
  ['it always takes forty minutes, and is good', took(40), said, { warn: 60, fail: 200 }],
  ['it took an hour once', took(10, { longestMs: 60 * minute }), said, { warn: 15, fail: 180 }],
  ['it takes ten seconds', took(1 / 6), said, { warn: 2 / 3, fail: 15 + 1 / 6 }],
  ['its history is short', took(6, { samples: 2 }), said, { warn: 12, fail: 90 }],
  ['only its peers are known', took(6, { from: 'peers' }), said, { warn: 12, fail: 90 }],
  ['its peers are slow', took(40, { from: 'peers' }), said, { warn: 80, fail: 200 }],
  [
    'a full erase may follow quick ones',
    took(0.1),
    { warnAfterMs: 6 * minute, failAfterMs: 1440 * minute, onlyLonger: true },
    { warn: 0.6, fail: 1440 },
  ],
])('%s', (_, expected, limits, { warn, fail }) => {
  const { warnAfterMs = 0, failAfterMs = 0 } = patienceFrom(expected, limits);
  expect(warnAfterMs / minute).toBeCloseTo(warn, 5);
  expect(failAfterMs / minute).toBeCloseTo(fail, 5);
});

test('nothing that a machine ever did is given up or warned of too early, and the warning comes first', () => {
  const ms = fc.integer({ min: 1, max: 24 * 60 * minute });
  fc.assert(
    fc.property(ms, ms, ms, fc.integer({ min: 1, max: 20 }), (a, b, c, samples) => {
      const [usualMs = 0, p90Ms = 0, longestMs = 0] = [a, b, c].sort((x, y) => x - y);
      const { warnAfterMs = 0, failAfterMs = 0 } = patienceFrom(
        { usualMs, p90Ms, longestMs, samples, from: 'itself' },
        said,
      );
      expect(warnAfterMs).toBeGreaterThan(p90Ms);
      expect(warnAfterMs).toBeLessThanOrEqual(failAfterMs);
      expect(failAfterMs).toBeGreaterThanOrEqual(longestMs + 15 * minute);
    }),
  );
});
