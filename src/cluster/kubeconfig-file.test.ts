import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { kubeconfigPath, mergeIntoFile, removeFromFile } from './kubeconfig-file.ts';

const ours = `
clusters: [{name: k, cluster: {server: "https://10.0.0.5:6443", certificate-authority-data: Q0E=}}]
users: [{name: u, user: {token: t}}]
contexts: [{name: c, context: {cluster: k, user: u}}]
current-context: c
`;
const theirs = '# mine\nclusters:\n- name: work\n  cluster: {server: https://work}\ncurrent-context: work\n';

let folder: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'coldstart-kubeconfig-')));
});
afterEach(async () => rm(folder, { recursive: true }));

const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777;

describe('mergeIntoFile', () => {
  test('makes a file that nobody else can read, in a folder that is not there yet', async () => {
    const path = join(folder, 'new', '.kube', 'config');
    expect(await mergeIntoFile({ path, ours, name: 'rack' })).toEqual({
      path,
      backup: undefined,
      changed: true,
    });
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(join(folder, 'new', '.kube'))).toEqual(['config']);
  });

  test('keeps a backup, and changes nothing the second time', async () => {
    const path = join(folder, 'config');
    await writeFile(path, theirs, { mode: 0o644 });
    const first = await mergeIntoFile({ path, ours, name: 'rack' });
    expect(await readFile(first.backup ?? '', 'utf8')).toBe(theirs);
    expect(await modeOf(first.backup ?? '')).toBe(0o600);
    expect(await modeOf(path)).toBe(0o600);
    expect(await mergeIntoFile({ path, ours, name: 'rack' })).toEqual({
      path,
      backup: undefined,
      changed: false,
    });
    await removeFromFile({ path, name: 'rack' });
    expect(await readFile(path, 'utf8')).toBe(`${theirs}contexts: []\nusers: []\n`);
  });

  test('follows a symbolic link and leaves it one', async () => {
    const target = join(folder, 'target');
    const path = join(folder, 'link');
    await writeFile(target, theirs);
    await symlink(target, path);
    await mergeIntoFile({ path, ours, name: 'rack' });
    expect(await readFile(target, 'utf8')).toContain('name: rack');
    expect(await realpath(path)).toBe(target);
  });

  test.each(['clusters: [', '\u0000\uFFFD: [', 'just text'])('leaves a bad file alone: %j', async text => {
    const path = join(folder, 'config');
    await writeFile(path, text);
    await expect(mergeIntoFile({ path, ours, name: 'rack' })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      message: `could not edit ${path}`,
    });
    expect(await readFile(path, 'utf8')).toBe(text);
    expect(await readdir(folder)).toEqual(['config']);
  });

  test('leaves a file alone that is not UTF-8, or a folder', async () => {
    const path = join(folder, 'config');
    await writeFile(path, Buffer.from([0x61, 0xff, 0xfe]));
    await expect(mergeIntoFile({ path, ours, name: 'rack' })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
    });
    await expect(mergeIntoFile({ path: folder, ours, name: 'rack' })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
    });
  });

  test('never puts a file in the place of a pipe or a device', async () => {
    const path = join(folder, 'pipe');
    execFileSync('mkfifo', [path]);
    await expect(mergeIntoFile({ path, ours, name: 'rack' })).rejects.toMatchObject({
      message: `${path} is not a file that can be edited`,
    });
  });

  test('waits for nobody: a file that kubectl is writing is not touched', async () => {
    const path = join(folder, 'config');
    await writeFile(`${path}.lock`, '');
    await expect(mergeIntoFile({ path, ours, name: 'rack' })).rejects.toMatchObject({
      code: 'KUBECONFIG_INVALID',
      hint: expect.stringContaining(`${path}.lock`) as string,
    });
  });

  test('a missing file has nothing to remove', async () => {
    const path = join(folder, 'config');
    expect(await removeFromFile({ path, name: 'rack' })).toMatchObject({ changed: false });
    expect(await readdir(folder)).toEqual([]);
  });
});

describe('kubeconfigPath', () => {
  test('is the first that exists, else the last, else the one at home', async () => {
    const there = join(folder, 'there');
    await writeFile(there, '');
    expect(kubeconfigPath({}, '/home/me')).toBe('/home/me/.kube/config');
    expect(kubeconfigPath({ KUBECONFIG: '' }, '/home/me')).toBe('/home/me/.kube/config');
    expect(kubeconfigPath({ KUBECONFIG: `${folder}/a:${there}:${folder}/b` }, '/home/me')).toBe(there);
    expect(kubeconfigPath({ KUBECONFIG: `${folder}/a:${folder}/b` }, '/home/me')).toBe(join(folder, 'b'));
  });
});
