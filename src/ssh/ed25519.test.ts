import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { makeEd25519 } from './ed25519.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-key-'));
});
afterEach(() => rm(dir, { recursive: true }));

// Every length of padding is there, as long as the comments differ in length.
test.each(['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'abcdef', 'abcdefg'])(
  'OpenSSH reads the private key of "%s", and finds the same public key in it',
  async comment => {
    const { privateKey, publicKey } = makeEd25519(comment);
    const file = path.join(dir, 'key');
    await writeFile(file, privateKey, { mode: 0o600 });
    const { stdout } = await execa('ssh-keygen', ['-y', '-f', file]);
    expect(stdout.trim()).toBe(publicKey.trim());
  },
);

test('OpenSSH accepts a signature that was made with it', async () => {
  const { privateKey, publicKey } = makeEd25519('node');
  await writeFile(path.join(dir, 'key'), privateKey, { mode: 0o600 });
  await writeFile(path.join(dir, 'allowed'), `node ${publicKey}\n`);
  const sign = ['-Y', 'sign', '-f', path.join(dir, 'key'), '-n', 'file'];
  const { stdout: signature } = await execa('ssh-keygen', sign, { input: 'text' });
  await writeFile(path.join(dir, 'signature'), `${signature}\n`);
  const who = ['-f', path.join(dir, 'allowed'), '-I', 'node', '-n', 'file'];
  const verify = ['-Y', 'verify', ...who, '-s', path.join(dir, 'signature')];
  const { stdout } = await execa('ssh-keygen', verify, { input: 'text' });
  expect(stdout).toContain('Good "file" signature for node');
});

test('no two are alike', () => {
  expect(makeEd25519('node').publicKey).not.toBe(makeEd25519('node').publicKey);
});
