import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { startTicksOf } from '../state/process.ts';
import { openControlDir } from './control-dir.ts';

test('clears away what killed runs left, and nothing else', async () => {
  const parent = await mkdtemp(path.join(os.tmpdir(), 'coldstart-control-'));
  const { pid } = process;
  const names = {
    dead: 'cs-4194305-77-abcdef',
    reused: `cs-${pid}-1-abcdef`,
    living: `cs-${pid}-${startTicksOf(pid) ?? ''}-abcdef`,
    foreign: 'cs-something',
  };
  for (const name of Object.values(names)) await mkdir(path.join(parent, name));
  const opened = await openControlDir(parent);
  const left = Object.entries(names).filter(([, name]) => existsSync(path.join(parent, name)));
  const gone = process.platform === 'linux' ? ['living', 'foreign'] : ['reused', 'living', 'foreign'];
  expect(left.map(([what]) => what)).toEqual(gone);
  expect(existsSync(opened.dir)).toBe(true);
  await opened.close();
  expect(existsSync(opened.dir)).toBe(false);
  await rm(parent, { recursive: true });
});
