import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { Clock } from '../../../core/clock.ts';
import { ImageServer } from './image-server.ts';

const { signal } = new AbortController();

/** A clock that leaps from one end of a sleep to the next. */
function leapingClock(): Clock & { leap: (untilMs?: number) => Promise<void> } {
  const sleepers = new Map<() => void, number>();
  let nowMs = 0;
  return {
    now: () => nowMs,
    sleep: (ms, life) =>
      new Promise((resolve, reject) => {
        sleepers.set(resolve, nowMs + ms);
        life?.addEventListener('abort', () => {
          sleepers.delete(resolve);
          reject(life.reason as Error);
        });
      }),
    async leap(untilMs = Number.POSITIVE_INFINITY) {
      for (;;) {
        await turn();
        const [next] = [...sleepers].sort(([, a], [, b]) => a - b);
        if (!next || next[1] > untilMs) break;
        nowMs = next[1];
        sleepers.delete(next[0]);
        next[0]();
      }
      if (Number.isFinite(untilMs)) nowMs = untilMs;
    },
  };
}

/** When downloads end that begin together and take so many milliseconds at full speed. */
async function endsOf(width: number, downloads: readonly number[]): Promise<number[]> {
  const clock = leapingClock();
  const server = new ImageServer(width, clock);
  const ends = Promise.all(
    downloads.map(async ms => {
      await server.serve(ms, signal);
      return Math.round(clock.now());
    }),
  );
  await clock.leap();
  return ends;
}

test.each<[width: number, downloads: number[], ends: number[]]>([
  [2, [10_000, 20_000], [10_000, 20_000]],
  [1, [10_000, 10_000], [20_000, 20_000]],
  [1, [10_000, 20_000], [20_000, 30_000]],
  [2, [10_000, 10_000, 10_000], [15_000, 15_000, 15_000]],
  [2, [4_000, 10_000, 10_000], [6_000, 12_000, 12_000]],
])('%d at full speed, and %j to take, end at %j', async (width, downloads, ends) => {
  expect(await endsOf(width, downloads)).toEqual(ends);
});

test('a machine whose power goes off makes room', async () => {
  const clock = leapingClock();
  const server = new ImageServer(1, clock);
  const life = new AbortController();
  const cut = server.serve(1e9, life.signal);
  const other = server.serve(10_000, signal);
  await clock.leap(6_000);
  life.abort();
  await cut;
  await clock.leap();
  await other;
  expect(Math.round(clock.now())).toBe(13_000);
});
