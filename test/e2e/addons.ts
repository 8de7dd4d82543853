import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { SshAccess } from '../../src/ssh/arguments.ts';
import { type RemoteInput, runAsRoot } from '../../src/ssh/run-as-root.ts';
import { createCli } from '../support/cli.ts';
import { helmFolder } from '../support/helm.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { eventually } from '../support/wait.ts';
import { chartAndManifests, type Site } from './site.ts';

interface Planned {
  addons: { name: string; change: string }[];
}

interface Listed {
  addons: { name: string; change: string; ready: boolean | null }[];
}

interface Status {
  machines: { systemId: string; name: string; role: string }[];
}

/** A chart and manifests of our own that the first run has installed, with the real helm, until they are gone. */
export function addonTests(site: Site): void {
  const planned = async () => {
    const { addons } = await site.cli.json<Planned>(site.on('plan', '-o', 'json'));
    return Object.fromEntries(addons.map(({ name, change }) => [name, change]));
  };
  /** How the machine is reached, as the inventory says it. */
  const firstControlPlane = async () => {
    const { machines } = await site.cli.json<Status>(site.on('status', '-o', 'json'));
    const machine = machines.find(({ role }) => role === 'control-plane');
    const variables = await site.cli.json<Record<string, string>>(
      site.on('inventory', '--host', machine?.name ?? ''),
    );
    const ssh = path.join(site.home, 'clusters/lab/ssh');
    const access: SshAccess = {
      address: variables['ansible_host'] ?? '',
      user: variables['ansible_user'] ?? '',
      privateKeyFiles: [path.join(ssh, 'id_ed25519')],
      knownHostsFile: path.join(ssh, 'known_hosts'),
      hostKeyAlias: machine?.systemId,
      controlDir: undefined,
    };
    return { hostname: machine?.name ?? '', access };
  };
  const page = async () => {
    const { data } = await site.fromCluster<{ data: Record<string, string> }>(
      '/api/v1/namespaces/web/configmaps/web',
    );
    return data['index.html'];
  };

  test('the chart and the manifests came with the first run', async () => {
    expect(await page()).toBe('hello');
    const shelf = await site.fromCluster<{ spec: { boards: number } }>(
      '/apis/garage.example.org/v1/namespaces/garage/shelves/tools',
    );
    expect(shelf.spec.boards).toBe(4);
  });

  test('add-ons begin before all machines have joined, and in the order of their needs', async () => {
    const entries = await journalOf(site.home, runsOf(site.home)[0] ?? '');
    const place = (target: string, type: string) =>
      entries.findIndex(entry => 'target' in entry && entry.target === target && entry.type === type);
    const lastReady = entries.findLastIndex(entry => 'step' in entry && entry.step === 'cluster.ready');
    expect(place('addon/web', 'step.started')).toBeLessThan(lastReady);
    expect(place('addon/web', 'step.done')).toBeLessThan(place('addon/shelves', 'step.started'));
  });

  test('the same file again changes nothing', async () => {
    const runs = runsOf(site.home);
    expect((await site.up()).changes).toBe(0);
    expect(runsOf(site.home)).toEqual(runs);
    const { addons } = await site.cli.json<Listed>(site.on('addons', '-o', 'json'));
    expect(addons.map(({ name, change, ready }) => [name, change, ready])).toEqual([
      ['web', 'none', true],
      ['shelves', 'none', true],
    ]);
  });

  test('another value upgrades the chart alone; what left the manifest is removed', async () => {
    await site.want(chartAndManifests('good evening'));
    const manifest = site.file('manifests.yaml');
    const text = await readFile(manifest, 'utf8');
    expect(await planned()).toEqual({ web: 'upgrade', shelves: 'none' });
    await writeFile(manifest, text.slice(0, text.lastIndexOf('---')));
    expect(await planned()).toEqual({ web: 'upgrade', shelves: 'upgrade' });
    await site.up();
    expect(await page()).toBe('good evening');
    await expect(site.fromCluster('/api/v1/namespaces/garage/configmaps/left-behind')).rejects.toThrow(
      'refused GET',
    );
  });

  test('without helm in PATH, the one on the first control plane does it', async () => {
    const bare = createCli(site.home, { PATH: pathWithoutHelm() });
    const { hostname, access } = await firstControlPlane();
    const there = (script: string, more: RemoteInput = {}) =>
      runAsRoot(hostname, access, ['sh', '-c', script], more);
    await site.want(chartAndManifests('from there'));

    const missing = await bare.run(site.on('up', '--yes'));
    expect(missing.exitCode, missing.stderr).toBe(4);
    expect(missing.stderr).toContain(`there is no helm in PATH, nor on ${hostname}`);

    const input = await readFile(path.join(await helmFolder(), 'helm'));
    await there('cat > /usr/local/bin/helm && chmod 755 /usr/local/bin/helm', { input });
    await bare.json(site.on('up', '--yes', '-o', 'json'));
    expect(await page()).toBe('from there');
    expect((await there('ls -d /tmp/tmp.*')).stdout).toBe('');
  });

  test('what runs on a machine is ended there when it is stopped here', async () => {
    const { hostname, access } = await firstControlPlane();
    const there = (script: string, more: RemoteInput = {}) =>
      runAsRoot(hostname, access, ['sh', '-c', script], more);
    const stop = new AbortController();
    const running = there(
      "trap 'touch /run/ended; kill $!; exit 1' TERM; touch /run/begun; sleep 600 & wait",
      {
        signal: stop.signal,
      },
    );
    await eventually('it runs', async () => (await there('test -e /run/begun')).exitCode === 0);
    stop.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect((await there('test -e /run/ended')).exitCode).toBe(0);
  });

  test('what would lose data is removed only after a yes', async () => {
    await site.want('addons: {}\n');
    expect(await planned()).toEqual({ web: 'remove', shelves: 'remove' });
    const refused = await site.cli.run(site.on('up'));
    expect(refused.exitCode, refused.stderr).toBe(2);
    expect(refused.stderr).toContain('the shelves are lost');
    expect(await page()).toBe('from there');
  });

  test('what left the file is removed', async () => {
    await site.up();
    expect(await planned()).toEqual({});
    await expect(page()).rejects.toThrow('refused GET');
    // Kubernetes itself takes a kind's group away a moment after the last kind.
    await expect
      .poll(() =>
        site.fromCluster('/apis/garage.example.org/v1').then(
          () => 'it is there',
          (error: Error) => error.message,
        ),
      )
      .toContain('refused GET');
  });
}

/** PATH as it is, without the folders that have a helm. */
function pathWithoutHelm(): string {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.filter(folder => !existsSync(path.join(folder, 'helm'))).join(':');
}
