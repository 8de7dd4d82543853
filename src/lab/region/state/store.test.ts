import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { openStore } from './store.ts';

const dirs: string[] = [];
function freshDir(): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'coldstart-store-'));
  dirs.push(dir);
  return dir;
}
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

test('what was put is there again, and what was deleted is not, whatever the order', async () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c'),
    value: fc.option(fc.jsonValue().filter(value => value !== null)),
    settles: fc.boolean(),
    reopens: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(change, { maxLength: 20 }), async changes => {
      const dir = freshDir();
      const expected = new Map<string, unknown>();
      let store = openStore(dir);
      for (const { key, value, settles, reopens } of changes) {
        const table = store.table<unknown>('things');
        if (value === null) {
          table.delete(key);
          expected.delete(key);
        } else {
          table.put(key, value);
          expected.set(key, JSON.parse(JSON.stringify(value)));
        }
        if (settles) await store.settled();
        if (!reopens) continue;
        await store.close();
        store = openStore(dir);
      }
      await store.close();
      const rows = openStore(dir).table<unknown>('things');
      for (const key of ['a', 'b', 'c']) expect(rows.get(key)).toEqual(expected.get(key));
    }),
    { numRuns: 40 },
  );
});

test('many changes are one write, and calls at the same time wait for it together', async () => {
  const dir = freshDir();
  const store = openStore(dir);
  const table = store.table<{ n: number }>('things');
  const value = { n: 0 };
  const waits = Array.from({ length: 100 }, (_, n) => {
    value.n = n;
    table.put('one', value);
    return store.settled();
  });
  await Promise.all(waits);
  const lines = readFileSync(path.join(dir, 'region.jsonl'), 'utf8').trim().split('\n');
  expect(lines.length).toBeLessThanOrEqual(3);
  expect(lines.at(-1)).toBe('["things","one",{"n":99}]');
  await store.close();
});

test('a line that was cut short is dropped, and the next ones are not spoilt by it', async () => {
  const dir = freshDir();
  const first = openStore(dir);
  first.table('things').put('a', 1);
  await first.close();
  appendFileSync(path.join(dir, 'region.jsonl'), '["things","b",{"x');
  const second = openStore(dir);
  expect(second.isNew).toBe(false);
  second.table('things').put('c', 3);
  await second.close();
  const rows = openStore(dir).table('things');
  expect([rows.get('a'), rows.get('b'), rows.get('c')]).toEqual([1, undefined, 3]);
});
