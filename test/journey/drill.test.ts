import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { rehearsals } from '../../src/drill/rehearsals.ts';
import { createCli, type Ended } from '../support/cli.ts';

interface Drill {
  right: boolean;
  rehearsals: { name: string; right: boolean; struck: number; seen: string; wrong?: string }[];
}

let home: string;
let ended: Ended;
let drill: Drill;

/** The drill in its reduced set, as people run it: real `up`s and `reset`s on labs where things go wrong. */
beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-journey-'));
  ended = await createCli(home).run(['drill', '-o', 'json']);
  drill = JSON.parse(ended.stdout) as Drill;
}, 10 * 60_000);

afterAll(() => rm(home, { recursive: true, force: true }));

const reduced = rehearsals.filter(({ inReducedSet }) => inReducedSet);

test.each(reduced.map(({ name, expected }) => [name, expected.end]))('%s: %s', name => {
  const rehearsed = drill.rehearsals.find(one => one.name === name);
  expect(rehearsed?.wrong, rehearsed?.seen).toBeUndefined();
  expect(rehearsed).toMatchObject({ right: true });
});

test('the exit status says whether every one ended as it must', () => {
  expect(drill.rehearsals.map(({ name }) => name)).toEqual(reduced.map(({ name }) => name));
  expect(ended.exitCode).toBe(drill.right ? 0 : 1);
});
