import { expect, test } from 'vitest';
import { formatDuration, parseDuration } from './durations.ts';

test.each([
  [0, '0.0 s'],
  [449, '0.4 s'],
  [9_949, '9.9 s'],
  [9_950, '10 s'],
  [59_499, '59 s'],
  [60_000, '1 min 00 s'],
  [187_000, '3 min 07 s'],
  [3_720_000, '1 h 02 min'],
])('%d ms reads %s', (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

test.each([
  ['30d', 2_592_000_000],
  ['12h', 43_200_000],
  ['45m', 2_700_000],
  ['45', undefined],
  ['1.5h', undefined],
  ['-1d', undefined],
])('%s is %d ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});
