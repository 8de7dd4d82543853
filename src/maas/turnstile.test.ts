import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createTurnstile } from './turnstile.ts';

/** Acts that note when they begin, and end when they are told. */
function acts(limit: number) {
  const turnstile = createTurnstile(limit);
  const begun: string[] = [];
  const endings = new Map<string, () => void>();
  return {
    begun,
    ask(name: string, about?: string, signal?: AbortSignal) {
      const act = () =>
        new Promise<void>(resolve => {
          begun.push(name);
          endings.set(name, resolve);
        });
      return turnstile.pass(act, { ...(about === undefined ? {} : { about }), signal });
    },
    async end(name: string, asked: Promise<void>) {
      await turn();
      endings.get(name)?.();
      await asked;
      await turn();
    },
  };
}

test('a machine that has begun goes on before others begin', async () => {
  const { begun, ask, end } = acts(1);
  const first = ask('allocate a', 'a');
  const others = ['b', 'c'].map(machine => ask(`allocate ${machine}`, machine));
  await end('allocate a', first);
  const second = ask('deploy a', 'a');
  await end('allocate b', others[0] as Promise<void>);
  expect(begun).toEqual(['allocate a', 'allocate b', 'deploy a']);
  await end('deploy a', second);
  expect(begun.at(-1)).toBe('allocate c');
});

test('what is about no machine goes first', async () => {
  const { begun, ask, end } = acts(1);
  const first = ask('deploy a', 'a');
  void ask('deploy b', 'b');
  void ask('list');
  await end('deploy a', first);
  expect(begun).toEqual(['deploy a', 'list']);
});

test('who gives up while waiting takes no place', async () => {
  const { begun, ask, end } = acts(1);
  const first = ask('deploy a', 'a');
  const gaveUp = new AbortController();
  const waiting = ask('deploy b', 'b', gaveUp.signal);
  void ask('deploy c', 'c');
  gaveUp.abort(new Error('stop'));
  await expect(waiting).rejects.toThrow('stop');
  await end('deploy a', first);
  expect(begun).toEqual(['deploy a', 'deploy c']);
});
