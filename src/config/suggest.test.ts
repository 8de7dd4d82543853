import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { closest, editDistance } from './suggest.ts';

test.each([
  ['kubernets', 'kubernetes'],
  ['runtim', 'runtime'],
  ['Name', 'name'],
  ['kubernetes', 'kubernetes'],
  ['zz', undefined],
  ['x'.repeat(100_000), undefined],
])('%.20s is close to %s', (word, expected) => {
  expect(closest(word, ['name', 'kubernetes', 'runtime', 'os'])).toBe(expected);
});

test('edit distance is a metric', () => {
  const word = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(word, word, word, (a, b, c) => {
      expect(editDistance(a, a)).toBe(0);
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
      expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length));
    }),
  );
});
