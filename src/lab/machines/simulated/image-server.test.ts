import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { scaledClock } from '../../../core/scaled-clock.ts';
import { ImageServer } from './image-server.ts';

const { signal } = new AbortController();

/** Ends of downloads in real milliseconds, rounded to tenths of a second of scaled time. */
async function endsOf(server: ImageServer, clock: ReturnType<typeof scaledClock>, ms: number[]) {
  const startedAt = clock.now();
  return Promise.all(
    ms.map(async each => {
      await server.serve(each, signal);
      return clock.now() - startedAt;
    }),
  );
}

test('few machines download at full speed, more share it', async () => {
  const clock = scaledClock(100);
  const [first = 0, second = 0] = await endsOf(new ImageServer(2, clock), clock, [10_000, 20_000]);
  expect(first).toBeGreaterThanOrEqual(9_990);
  expect(second).toBeGreaterThan(first);
  expect(second).toBeLessThan(30_000);
  const shared = await endsOf(new ImageServer(1, clock), clock, [10_000, 10_000]);
  for (const end of shared) expect(end).toBeGreaterThanOrEqual(19_990);
});

test('a machine whose power goes off makes room', async () => {
  const clock = scaledClock(100);
  const server = new ImageServer(1, clock);
  const life = new AbortController();
  const startedAt = clock.now();
  const cut = server.serve(1e9, life.signal);
  const other = server.serve(10_000, signal);
  await delay(1);
  life.abort();
  await Promise.all([cut, other]);
  expect(clock.now() - startedAt).toBeLessThan(30_000);
});
