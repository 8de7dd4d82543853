import { expect, test } from 'vitest';
import type { Clock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import type { Sight } from './step.ts';
import { waitUntil } from './until.ts';

/** A clock whose sleeps take no time but move it on. */
function leapingClock(): Clock {
  let now = 0;
  return {
    now: () => now,
    sleep: async ms => {
      now += ms;
    },
  };
}

const signal = new AbortController().signal;

test('looks until the condition holds', async () => {
  let looks = 0;
  const look = async () => ({ done: ++looks === 4, seen: 'not yet' });
  await waitUntil('it is there', look, { clock: leapingClock(), signal });
  expect(looks).toBe(4);
});

test('warns first, fails late, and says what was last seen', async () => {
  const warnings: string[] = [];
  const waiting = waitUntil('node-01 is Deployed', async () => ({ done: false, seen: 'Loading ephemeral' }), {
    clock: leapingClock(),
    signal,
    warnAfterMs: 60_000,
    failAfterMs: 600_000,
    onSeen: (text, warning) => warning && warnings.push(text),
  });
  await expect(waiting).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: 'gave up waiting until node-01 is Deployed',
    because: expect.stringContaining('Loading ephemeral'),
  });
  expect(warnings[0]).toMatch(/^Loading ephemeral \(longer than expected: 1 min/);
});

test('looks less often as time passes: an hour costs hundreds of looks, not thousands', async () => {
  let looks = 0;
  const look = async () => ({ done: false, seen: String(++looks) });
  const options = { clock: leapingClock(), signal, failAfterMs: 3_600_000 };
  await expect(waitUntil('never', look, options)).rejects.toMatchObject({ code: 'TIMED_OUT' });
  expect(looks).toBeLessThan(800);
});

test('stops at once when it is told to', async () => {
  const stop = new AbortController();
  stop.abort(new DOMException('stopped', 'AbortError'));
  const waiting = waitUntil('never', async () => ({ done: false, seen: '' }), {
    clock: leapingClock(),
    signal: stop.signal,
  });
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
});

test('an outside system that is away for a while is waited for; any other error ends the wait', async () => {
  const answers = [
    () =>
      Promise.reject(
        new ColdstartError('MAAS_UNREACHABLE', 'could not reach MAAS', { because: 'ECONNREFUSED' }),
      ),
    async () => ({ done: true, seen: 'Deployed' }),
  ];
  const seen: string[] = [];
  const options = { clock: leapingClock(), signal, onSeen: (text: string) => seen.push(text) };
  await waitUntil('node-01 is Deployed', () => (answers.shift() as () => Promise<Sight>)(), options);
  expect(seen).toEqual(['could not reach MAAS: ECONNREFUSED']);

  const wrongKey = () => Promise.reject(new ColdstartError('MAAS_UNAUTHORIZED', 'wrong key'));
  await expect(waitUntil('never', wrongKey, options)).rejects.toMatchObject({ code: 'MAAS_UNAUTHORIZED' });
});
