import { createHash } from 'node:crypto';
import { appendFile, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cli, createCli } from '../support/cli.ts';
import { addImage, startUpstream, type Upstream } from '../support/upstream.ts';
import { eventually } from '../support/wait.ts';

const programs = ['apt-ftparchive', 'dpkg-deb', 'gpg', 'gpgv'];
const able = programs.every(name => execaSync('which', [name], { reject: false }).exitCode === 0);

interface Checked {
  good: boolean;
  bad: { of: string; because: string }[];
}

describe.skipIf(!able)('coldstart mirror', () => {
  let scratch: string;
  let upstream: Upstream;
  let cli: Cli;
  let dir: string;

  beforeAll(async () => {
    scratch = await mkdtemp(path.join(os.tmpdir(), 'coldstart-journey-'));
    upstream = await startUpstream(scratch);
    addImage(upstream, 'library/busybox', '1.35', 'busybox');
    cli = createCli(path.join(scratch, 'home'));
    dir = path.join(scratch, 'mirror');
    const { url } = upstream;
    await writeFile(
      path.join(scratch, 'cluster.yaml'),
      `kubernetes: { version: 1.20.2 }
network: { plugin: none }
packages: { kubernetes: { repository: "${url}/apt/" } }
images: { mirrors: { docker.io: "${url}", registry.invalid: "${url}" } }
mirror: { architectures: [${process.arch === 'arm64' ? 'arm64' : 'amd64'}] }
addons:
  pod: { manifests: ["${url}/manifest.yaml"] }
`,
    );
  });

  afterAll(async () => {
    upstream.close();
    await rm(scratch, { recursive: true, force: true });
  });

  const config = () => ['-c', path.join(scratch, 'cluster.yaml')];
  const json = ['-o', 'json'];

  test('list names what the settings say, and what they cannot say', async () => {
    const listed = await cli.json<{ packages: string[]; manifests: { name: string }[]; unknown: string[] }>([
      'mirror',
      'list',
      ...config(),
      ...json,
    ]);
    expect(listed.packages).toContain('kubeadm=1.20.2-*');
    expect(listed.manifests).toEqual([{ name: `${upstream.url}/manifest.yaml`, for: 'add-on pod' }]);
    expect(listed.unknown.join('\n')).toContain('os.image');
  });

  test('a fetch that was killed in the middle of a file goes on there', async () => {
    const stalled = [...upstream.files.keys()].find(each => each.includes('kubelet')) ?? '';
    upstream.stalled.add(stalled);
    const running = cli.start(['mirror', 'fetch', dir, ...config()]);
    await eventually('half of the package has arrived', async () => {
      // Others arrive at the same time, so it has to be this one.
      const name = createHash('sha256')
        .update(upstream.files.get(stalled) ?? '')
        .digest('hex');
      return stat(path.join(dir, 'partial', name)).then(
        ({ size }) => size > 0,
        () => false,
      );
    });
    running.kill('SIGKILL');
    await running.ended;
    upstream.stalled.clear();
    const { exitCode, stderr } = await cli.run(['mirror', 'fetch', dir, ...config()]);
    expect(exitCode, stderr).toBe(0);
    const again = upstream.requests.filter(
      ({ path: asked, range }) => asked === stalled && range !== undefined,
    );
    expect(again).toHaveLength(1);
    expect((await cli.json<Checked>(['mirror', 'check', dir, ...json])).good).toBe(true);
  });

  test('check fails when a file was changed on the way', async () => {
    const [name = ''] = await readdir(path.join(dir, 'blobs'));
    await appendFile(path.join(dir, 'blobs', name), 'x');
    const { exitCode, stdout } = await cli.run(['mirror', 'check', dir, ...json]);
    expect(exitCode).toBe(1);
    expect((JSON.parse(stdout) as Checked).bad).toHaveLength(1);
  });

  test.each([
    [['mirror', 'check', '/nowhere'], 'MIRROR_MISSING'],
    [['mirror', 'serve', '/nowhere', '--listen', '127.0.0.1:0'], 'MIRROR_MISSING'],
    [['mirror', 'serve', '/nowhere', '--listen', 'here'], 'USAGE'],
    [['mirror', 'fetch'], 'USAGE'],
  ])('%j is a mistake that is named: %s', async (args, code) => {
    const { exitCode, stderr } = await cli.run(args);
    expect(exitCode).toBe(2);
    expect(stderr).toContain(code);
  });
});
