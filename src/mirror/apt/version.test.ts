import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareDebianVersions, matchesVersion } from './version.ts';

describe('versions of Debian packages', () => {
  test.each([
    ['1.0', '1.0', 0],
    ['1.0-1', '1.0-2', -1],
    ['1.0~rc1', '1.0', -1],
    ['1:0.1', '2.0', 1],
    ['1.9', '1.10', -1],
    ['1.0-1', '1.0-1+deb12u1', -1],
    ['1.6.20~ds1-1+b1', '1.6.20~ds1-1+deb12u1', -1],
    ['2.0a', '2.0+', -1],
    ['1.0', '1.0-0', 0],
  ])('%s and %s: %d', (a, b, expected) => {
    expect(Math.sign(compareDebianVersions(a, b))).toBe(expected);
    expect(Math.sign(compareDebianVersions(b, a))).toBe(0 - expected);
  });

  test.skipIf(!hasDpkg())('are ordered as dpkg orders them', () => {
    const part = fc.string({
      unit: fc.constantFrom('0', '1', '2', '9', 'a', 'b', '.', '+', '~'),
      minLength: 0,
      maxLength: 5,
    });
    const version = fc.tuple(part, part).map(([a, b]) => `1${a}-1${b}`);
    fc.assert(
      fc.property(version, version, (a, b) => {
        const sign = Math.sign(compareDebianVersions(a, b));
        const relation = sign < 0 ? 'lt' : sign > 0 ? 'gt' : 'eq';
        execFileSync('dpkg', ['--compare-versions', a, relation, b]);
      }),
      { numRuns: 60 },
    );
  });

  test.each([
    ['1.36.2-1.1', '1.36.*', true],
    ['1.36.2-1.1', '1.36.2-*', true],
    ['1.36.20-1.1', '1.36.2-*', false],
    ['1x36.2-1.1', '1.36.*', false],
  ])('%s is meant by %s: %s', (version, pattern, expected) =>
    expect(matchesVersion(version, pattern)).toBe(expected),
  );
});

function hasDpkg(): boolean {
  try {
    execFileSync('dpkg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
