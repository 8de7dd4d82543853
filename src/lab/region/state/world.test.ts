import { expect, test } from 'vitest';
import { openTestWorld } from './world.fixture.ts';

test.each([
  ['as they are', 1, 300_000],
  ['faster', 10, 30_000],
  ['never so fast that a busy computer alone reaches them', 3000, 5_000],
])('limits pass %s', async (_, timeScale, limit) => {
  const { world, remove } = openTestWorld(timeScale);
  expect(world.limitOf(300_000)).toBe(limit);
  await remove();
});
