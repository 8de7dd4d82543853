import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { onAbort } from './on-abort.ts';

test('calls who waits when the signal is aborted, and not who has taken it back', () => {
  const stop = new AbortController();
  const called: string[] = [];
  const take = (name: string) => onAbort(stop.signal, () => called.push(name));
  take('a');
  const forget = take('b');
  take('c');
  forget();
  forget();
  expect(called).toEqual([]);
  stop.abort();
  expect(called).toEqual(['a', 'c']);
});

test('a thousand who wait are one listener of the signal', () => {
  const { signal } = new AbortController();
  for (let count = 0; count < 1000; count += 1) onAbort(signal, () => undefined);
  expect(getEventListeners(signal, 'abort')).toHaveLength(1);
});
