import { expect, test } from 'vitest';
import { createLimits } from './limits.ts';

/** A clock whose sleepers wake when the test says that time has passed. */
function handClock() {
  let now = 0;
  const sleepers: { at: number; wake: () => void }[] = [];
  return {
    now: () => now,
    sleep: (ms: number) => new Promise<void>(wake => sleepers.push({ at: now + ms, wake })),
    async pass(ms: number) {
      now += ms;
      for (const { at, wake } of sleepers) if (at <= now) wake();
      await new Promise(setImmediate);
    },
  };
}

function trial(signal = new AbortController().signal) {
  const clock = handClock();
  const limits = createLimits(clock, signal);
  const log: string[] = [];
  const ask = (who: string, name = 'circuit a') =>
    limits
      .enter({ name, atOnce: 2, gapMs: 1000 }, () => log.push(`${who} waits`))
      .then(place => {
        log.push(`${who} in`);
        return place;
      });
  return { clock, log, ask };
}

test('as many as allowed go in at once, the others in the order in which they asked, each after the gap', async () => {
  const { clock, log, ask } = trial();
  const [a, b] = [await ask('a'), await ask('b')];
  const later = [ask('c'), ask('d')];
  a.leave();
  a.leave();
  await clock.pass(999);
  expect(log).toEqual(['a in', 'b in', 'c waits', 'd waits']);
  await clock.pass(1);
  expect(log.slice(4)).toEqual(['c in']);
  b.leave();
  await clock.pass(1000);
  await Promise.all(later);
  expect(log.slice(4)).toEqual(['c in', 'd in']);
});

test('a place counts until its gap is over, also when nobody waits', async () => {
  const { clock, log, ask } = trial();
  (await ask('a')).leave();
  await ask('b');
  void ask('c');
  await clock.pass(500);
  expect(log).toEqual(['a in', 'b in', 'c waits']);
});

test('circuits do not wait for each other', async () => {
  const { log, ask } = trial();
  await Promise.all([ask('a'), ask('b'), ask('c', 'circuit b')]);
  expect(log).toEqual(['a in', 'b in', 'c in']);
});

test('who waits when the run is stopped is sent away', async () => {
  const stop = new AbortController();
  const { ask } = trial(stop.signal);
  await Promise.all([ask('a'), ask('b')]);
  const third = ask('c');
  stop.abort(new Error('stopped'));
  await expect(third).rejects.toThrow('stopped');
  await expect(ask('d')).rejects.toThrow('stopped');
});
