import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Cli, checkout, createCli } from '../support/cli.ts';
import { helmFolder } from '../support/helm.ts';
import { eventually } from '../support/wait.ts';

const able = process.platform === 'linux' && process.getuid?.() === 0;

/** A folder is filled from the lab's own packages and images; a cluster is made from that folder alone. */
describe.skipIf(!able)('a site without internet', () => {
  let home: string;
  let cli: Cli;
  let mirror: ReturnType<Cli['start']> | undefined;

  beforeAll(async () => {
    home = await mkdtemp('/var/tmp/coldstart-e2e-');
    await chmod(home, 0o700);
    cli = createCli(home, { PATH: `${await helmFolder()}:${process.env['PATH']}` });
    await cp(path.join(checkout, 'test/fixtures'), path.join(home, 'site'), { recursive: true });
    const { exitCode, stderr } = await cli.run(['lab', 'up', '--count', '2', '--yes']);
    expect(exitCode, stderr).toBe(0);
  });

  afterAll(async () => {
    mirror?.kill('SIGTERM');
    await mirror?.ended;
    const { exitCode, stderr } = await cli.run(['lab', 'down', '--purge']);
    if (exitCode !== 0) process.stderr.write(stderr);
    await rm(home, { recursive: true, force: true });
  });

  const dir = () => path.join(home, 'mirror');
  const site = (name: string) => path.join(home, 'site', name);

  test('fetch has the packages, the images of kubeadm and those of the chart, all with the right digest', async () => {
    await writeFile(site('open.yaml'), addons);
    const fetched = await cli.json<{ images: number; kubernetesVersion: string; notes: string[] }>([
      'mirror',
      'fetch',
      dir(),
      '--lab',
      '-c',
      site('open.yaml'),
      '-o',
      'json',
    ]);
    expect(fetched.notes).toEqual([]);
    expect(fetched.images).toBeGreaterThanOrEqual(8);
    expect((await cli.json<{ good: boolean }>(['mirror', 'check', dir(), '-o', 'json'])).good).toBe(true);
  });

  test('a cluster comes from the mirror alone', async () => {
    const { url } = await cli.json<{ url: string }>(['lab', 'status', '-o', 'json']);
    const host = new URL(url).hostname;
    mirror = cli.start(['mirror', 'serve', dir(), '--listen', `${host}:3140`]);
    await eventually('the mirror answers', () =>
      fetch(`http://${host}:3140/v2/`).then(
        answer => answer.ok,
        () => false,
      ),
    );
    // Nobody answers at the lab's own proxy and mirrors: what came from there would fail.
    const nobody = `http://${host}:9`;
    await writeFile(
      site('sealed.yaml'),
      `mirror: { url: "http://${host}:3140" }
packages: { proxy: "${nobody}" }
images: { mirrors: { docker.io: "${nobody}", k8s.gcr.io: "${nobody}", registry.k8s.io: "${nobody}" } }
${addons}`,
    );
    const up = await cli.json<{ outcome: string }>([
      'up',
      '--lab',
      '--yes',
      '-c',
      site('sealed.yaml'),
      '-o',
      'json',
    ]);
    expect(up.outcome).toBe('done');
  });

  test('the same add-ons without the mirror are no change', async () => {
    const { addons: planned } = await cli.json<{ addons: { change: string }[] }>([
      'plan',
      '--lab',
      '-c',
      site('open.yaml'),
      '-o',
      'json',
    ]);
    expect(planned.map(({ change }) => change)).toEqual(['none', 'none']);
  });
});

const addons = `addons:
  web:
    chart: { path: web-chart }
    namespace: web
  shelves:
    manifests: [manifests.yaml]
    namespace: garage
`;
