import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { tableOver } from './table.ts';

interface Row {
  value: string | null;
}

const change = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd'),
  value: fc.constantFrom('x', 'y', 'z', null, undefined),
});

test('an index finds what looking through all rows would find, whatever was put and deleted', () => {
  const property = fc.property(fc.array(change, { maxLength: 40 }), changes => {
    const table = tableOver<Row>(new Map([['d', { value: 'x' }]]), () => undefined);
    const index = table.index(({ value }) => value);
    for (const { key, value } of changes) {
      if (value === undefined) table.delete(key);
      else table.put(key, { value });
      for (const wanted of ['x', 'y', 'z']) {
        const found = [...table.values()].filter(row => row.value === wanted);
        expect(index.count(wanted)).toBe(found.length);
        expect(index.first(wanted)?.value).toBe(found[0]?.value);
      }
    }
  });
  fc.assert(property);
});

test('a row that was changed in place is found after it was put again', () => {
  const row: Row = { value: 'x' };
  const table = tableOver<Row>(new Map([['a', row]]), () => undefined);
  const index = table.index(({ value }) => value);
  row.value = 'y';
  table.put('a', row);
  expect([index.count('x'), index.first('y')]).toEqual([0, row]);
});
