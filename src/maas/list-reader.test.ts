import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createListReader } from './list-reader.ts';

/** Reads a text that comes in pieces of such a size. */
function readIn(text: string, pieceBytes: number, read: (item: unknown) => unknown = item => item) {
  const bytes = Buffer.from(text);
  const reader = createListReader(read);
  for (let at = 0; at < bytes.length; at += pieceBytes) reader.write(bytes.subarray(at, at + pieceBytes));
  return reader.end();
}

const objects = fc.array(fc.dictionary(fc.string(), fc.jsonValue()));

describe('a list reader', () => {
  it('reads what JSON.parse reads, however the text is indented and cut into pieces', () => {
    const indents = fc.constantFrom(0, 1, 2, 4, 8, '\t', '\n    ');
    fc.assert(
      fc.property(objects, indents, fc.integer({ min: 1, max: 80 }), (list, indent, pieceBytes) => {
        const text = JSON.stringify(list, null, indent);
        expect(readIn(text, pieceBytes)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('reads objects before the list is there as a whole', () => {
    const list = Array.from({ length: 5 }, (_, id) => ({ id, nested: [{ id }] }));
    const seen: unknown[] = [];
    const reader = createListReader(item => seen.push(item));
    const text = JSON.stringify(list, null, 4);
    reader.write(Buffer.from(text.slice(0, text.indexOf('"id": 4'))));
    expect(seen).toEqual(list.slice(0, 4));
  });

  it('takes characters that are cut apart, and line breaks that only look like the end of an object', () => {
    const list = [{ name: 'Zürich\n    }', deep: { '\n    }': ['€'] } }, { name: '' }];
    for (const pieceBytes of [1, 2, 3, 7])
      expect(readIn(JSON.stringify(list, null, 4), pieceBytes)).toEqual(list);
  });

  it('reads a list that stops being written as MAAS writes it', () => {
    const item = { a: { b: { c: { d: {} } } } };
    const [some, others] = [
      JSON.stringify([item, item], null, 4),
      JSON.stringify([item, item, item], null, 2),
    ];
    const text = `${some.trimEnd().slice(0, -1).trimEnd()},${others.slice(1)}`;
    expect(readIn(text, 50)).toEqual([item, item, item, item, item]);
  });

  it.each([
    ['half a list', '[\n    {\n        "a": 1\n    },\n    {\n        "a"'],
    ['no end', '[\n    {\n        "a": 1\n    }\n'],
    ['something after the end', '[\n    {\n        "a": 1\n    }\n]x'],
    ['no comma', '[\n    {\n        "a": 1\n    }\n    {\n        "a": 1\n    }\n]'],
    ['an object', '{\n    "a": {\n    }\n}'],
    ['nothing', ''],
    ['a page', '<html>'],
  ])('finds no list in %s', (_, text) => {
    for (const pieceBytes of [1, 10, 1000]) expect(readIn(text, pieceBytes)).toBeUndefined();
  });

  it('throws what the reader of an object throws, whatever comes after it', () => {
    const refuse = () => {
      throw new Error('no machine');
    };
    for (const indent of [0, 4])
      expect(() => readIn(JSON.stringify([{}, { a: 1 }], null, indent), 10, refuse)).toThrow('no machine');
  });
});
