import { expect, test } from 'vitest';
import type { Clock } from '../core/clock.ts';
import { createPacer } from './pacer.ts';

/** A clock whose sleeps take no time but move it on; looks take `lookMs`. */
function leapingClock() {
  let now = 0;
  const slept: number[] = [];
  const clock: Clock = {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted();
      slept.push(ms);
      now += ms;
    },
  };
  return { clock, slept, pass: (ms: number) => (now += ms) };
}

const { signal } = new AbortController();

test('all who wait share a look', async () => {
  const { clock } = leapingClock();
  const looks: string[][] = [];
  const next = createPacer<string, string>({
    clock,
    signal,
    look: async waiting => {
      looks.push([...waiting.keys()]);
      return { seen: new Map([...waiting.keys()].map(key => [key, key.toUpperCase()])) };
    },
  });
  expect(await Promise.all([next('a'), next('b'), next('a')])).toEqual(['A', 'B', 'A']);
  expect(looks).toEqual([['a', 'b']]);
});

test('who is not in the answer goes on waiting', async () => {
  const { clock } = leapingClock();
  let looks = 0;
  const look = async () => ({ seen: new Map(++looks < 3 ? [] : [['a', looks]]) });
  expect(await createPacer<string, number>({ clock, signal, look })('a')).toBe(3);
});

test('a look that is dear is seldom', async () => {
  const { clock, slept, pass } = leapingClock();
  let looks = 0;
  const look = async () => {
    pass(30_000);
    return { seen: new Map(++looks < 3 ? [] : [['a', looks]]) };
  };
  await createPacer<string, number>({ clock, signal, look })('a');
  expect(slept).toEqual([500, 120_000, 120_000]);
});

test('news have to be fetched anyhow: only what a look took besides makes the next one wait', async () => {
  const { clock, slept, pass } = leapingClock();
  let looks = 0;
  const look = async () => {
    pass(10_000);
    return { seen: new Map(++looks < 3 ? [] : [['a', looks]]), newsMs: 9_000 };
  };
  await createPacer<string, number>({ clock, signal, look })('a');
  expect(slept).toEqual([500, 4_000, 4_000]);
});

test('a failure reaches everybody who waits, and the next wait asks again', async () => {
  const { clock } = leapingClock();
  let looks = 0;
  const look = async () => {
    looks += 1;
    if (looks === 1) throw new Error('away');
    return { seen: new Map([['a', 'A']]) };
  };
  const next = createPacer<string, string>({ clock, signal, look });
  const both = await Promise.allSettled([next('a'), next('b')]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await next('a')).toBe('A');
});

test('an end of the run ends the wait', async () => {
  const { clock } = leapingClock();
  const stop = new AbortController();
  const next = createPacer<string, string>({
    clock,
    signal: stop.signal,
    look: async () => ({ seen: new Map() }),
  });
  const waiting = next('a');
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
});
