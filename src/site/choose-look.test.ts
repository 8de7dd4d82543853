import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemId } from '../core/ids.ts';
import { chooseLook, type Watched } from './choose-look.ts';

function deploying(name: string, more: Partial<Watched> = {}): Watched {
  return { id: systemId(name), status: 'deploying', wholeAtMs: 0, statusAtMs: 0, ...more };
}

test('few machines are looked at as they are', () => {
  expect(chooseLook([deploying('a'), deploying('b')], 0, 2)).toEqual({ kind: 'whole', ids: ['a', 'b'] });
});

test('of many, one request asks which have left their status', () => {
  const watched = [deploying('a', { statusAtMs: 2 }), deploying('b', { statusAtMs: 1 }), deploying('c')];
  expect(chooseLook(watched, 0, 2)).toEqual({ kind: 'news', ids: ['c', 'b', 'a'], status: 'deploying' });
});

test('the status that was not asked after for longest comes first', () => {
  const watched = [
    deploying('a', { statusAtMs: 5 }),
    deploying('b', { statusAtMs: 5 }),
    deploying('c', { status: 'releasing' }),
  ];
  expect(chooseLook(watched, 0, 1)).toEqual({ kind: 'news', ids: ['c'], status: 'releasing' });
});

test('now and then some are looked at whole, the longest unseen first', () => {
  const watched = [deploying('a', { wholeAtMs: 9 }), deploying('b'), deploying('c', { wholeAtMs: 1 })];
  expect(chooseLook(watched, 4, 2)).toEqual({ kind: 'whole', ids: ['b', 'c'] });
});

test('a status that is unknown to us cannot be asked after', () => {
  const watched = [deploying('a', { status: 'unknown' }), deploying('b')];
  expect(chooseLook(watched, 0, 1)).toMatchObject({ kind: 'whole' });
});

test('every machine is looked at again and again, in requests that a URL can hold', () => {
  const sizes = fc.tuple(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1, max: 40 }));
  const property = fc.property(sizes, ([count, affordable]) => {
    const watched = Array.from({ length: count }, (_, index) => deploying(`m${index}`));
    const seen = new Set<string>();
    for (let turn = 0; turn < 8; turn += 1) {
      const { ids } = chooseLook(watched, turn, affordable);
      expect(ids.length).toBeLessThanOrEqual(500);
      for (const each of watched) if (ids.includes(each.id)) each.statusAtMs = turn + 1;
      for (const id of ids) seen.add(id);
    }
    expect(seen.size).toBe(count);
  });
  fc.assert(property, { numRuns: 20 });
});
