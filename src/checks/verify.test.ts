import { expect, test } from 'vitest';
import { runChecks } from './check.ts';
import { checksNamed, type VerifyWorld, verifyChecks } from './verify.ts';

const node = (name: string) => ({ name, ready: true }) as Awaited<ReturnType<VerifyWorld['nodes']>>[number];

/** The results of one check and those it needs, in a cluster of two nodes that has only what is given. */
async function results(name: string, given: Partial<VerifyWorld>) {
  const world = {
    nodes: async () => [node('a'), node('b')],
    measuredNodes: async () => undefined,
    scrapedTargets: async () => undefined,
    ...given,
  } as VerifyWorld;
  const all = await runChecks(checksNamed(verifyChecks, [name]), world, thrown => ({
    because: String(thrown),
  }));
  return all.at(-1);
}

test('every check can be looked at alone, with what it needs', () => {
  for (const { name, needs = [] } of verifyChecks)
    expect(checksNamed(verifyChecks, [name]).map(check => check.name)).toEqual([...needs, name]);
});

test.each<[string, Partial<VerifyWorld>, string, RegExp]>([
  ['nothing measures', {}, 'skipped', /neither/],
  ['all nodes are measured', { measuredNodes: async () => ['a', 'b'] }, 'ok', /^2 nodes measured$/],
  ['one is not', { measuredNodes: async () => ['a'] }, 'failed', /nothing of b$/],
  ['Prometheus reaches nothing', { scrapedTargets: async () => ({ up: 0, down: [] }) }, 'failed', /nothing$/],
  [
    'Prometheus reaches all but one',
    { scrapedTargets: async () => ({ up: 3, down: ['node 10.0.0.1:9100'] }) },
    'warning',
    /3 of 4 targets, not node 10\.0\.0\.1:9100$/,
  ],
  [
    'both work',
    { measuredNodes: async () => ['a', 'b'], scrapedTargets: async () => ({ up: 3, down: [] }) },
    'ok',
    /^2 nodes measured; Prometheus reaches 3 of 3 targets$/,
  ],
])('metrics: %s', async (_case, world, state, seen) => {
  expect(await results('metrics', world)).toMatchObject({
    state,
    seen: expect.stringMatching(seen) as string,
  });
});

test('what is seen of the gateway decides, and only a failure has a remedy', async () => {
  const seen = 'the gateway gw/site has no address';
  const failed = { state: 'failed', seen, remedy: 'look' } as const;
  expect(await results('gateway', { wayIn: async () => failed })).toEqual({ name: 'gateway', ...failed });
  const ok = { state: 'ok', seen: 'answers', remedy: 'look' } as const;
  expect(await results('gateway', { wayIn: async () => ok })).toEqual({
    name: 'gateway',
    state: 'ok',
    seen: 'answers',
  });
});
