import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mergeDeep } from './merge.ts';

describe('mergeDeep', () => {
  test.each([
    ['maps deep', { a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
    ['lists replaced', { a: [1, 2] }, { a: [3] }, { a: [3] }],
    [
      'named lists by name, each name once or more',
      [
        { name: 'v', value: '2' },
        { name: 'x', value: '1' },
      ],
      [
        { name: 'v', value: '3' },
        { name: 'v', value: '4' },
      ],
      [
        { name: 'x', value: '1' },
        { name: 'v', value: '3' },
        { name: 'v', value: '4' },
      ],
    ],
    ['an empty list replaces a named one', [{ name: 'v', value: '2' }], [], []],
    ['null is a value', { a: 1 }, { a: null }, { a: null }],
    ['undefined is none', { a: 1 }, { a: undefined }, { a: 1 }],
    ['another kind replaces', { a: { b: 1 } }, { a: 'x' }, { a: 'x' }],
  ])('%s', (_what, base, over, merged) => {
    expect(mergeDeep(base, over)).toEqual(merged);
  });

  test('nothing on top changes nothing, and a value on itself is itself', () => {
    fc.assert(
      fc.property(fc.jsonValue(), value => {
        expect(mergeDeep(value, undefined)).toEqual(value);
        expect(mergeDeep(value, value)).toEqual(value);
      }),
    );
  });

  test('no key reaches the prototype', () => {
    const merged = mergeDeep({}, JSON.parse('{"__proto__": {"polluted": true}}'));
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype);
  });
});
