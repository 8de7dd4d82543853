import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { createKubernetesClient } from '../../src/cluster/kubernetes-api.ts';
import { ColdstartError } from '../../src/core/errors.ts';
import type { SshAccess } from '../../src/ssh/arguments.ts';
import { type RemoteInput, runAsRoot } from '../../src/ssh/run-as-root.ts';
import { type Cli, checkout, createCli } from '../support/cli.ts';
import { helmFolder } from '../support/helm.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { eventually } from '../support/wait.ts';

const able = process.platform === 'linux' && process.getuid?.() === 0;

interface Planned {
  addons: { name: string; change: string }[];
}

interface Listed {
  addons: { name: string; change: string; ready: boolean | null }[];
}

interface Opened {
  url: string | null;
  login: { from: string; user?: string | null; password?: string; expires?: string | null };
}

interface Status {
  machines: { systemId: string; name: string; role: string }[];
}

interface WireNode {
  metadata: { name: string };
  status: { addresses: { type: string; address: string }[] };
}

interface Verified {
  healthy: boolean;
  checks: { name: string; state: string; seen: string }[];
}

/** A chart and manifests of our own, on real hosts, with the real helm. */
describe.skipIf(!able)('add-ons on real hosts', () => {
  let home: string;
  let cli: Cli;

  beforeAll(async () => {
    home = await mkdtemp('/var/tmp/coldstart-e2e-');
    await chmod(home, 0o700);
    cli = createCli(home, { PATH: `${await helmFolder()}:${process.env['PATH']}` });
    await cp(path.join(checkout, 'test/fixtures'), path.join(home, 'site'), { recursive: true });
  });

  afterAll(async () => {
    const { exitCode, stderr } = await cli.run(['lab', 'down', '--purge']);
    if (exitCode !== 0) process.stderr.write(stderr);
    await rm(home, { recursive: true, force: true });
  });

  const siteFile = () => path.join(home, 'site/cluster.yaml');
  const onSite = (command: string, ...args: string[]) => [command, '--lab', '--config', siteFile(), ...args];
  const want = (yaml: string) => writeFile(siteFile(), yaml);
  const planned = async () => {
    const { addons } = await cli.json<Planned>(onSite('plan', '-o', 'json'));
    return Object.fromEntries(addons.map(({ name, change }) => [name, change]));
  };
  /** Up, which must end well; what it printed as JSON. */
  const up = () => cli.json<{ outcome: string; changes: number }>(onSite('up', '--yes', '-o', 'json'));
  const fromCluster = async <T>(where: string, kubeconfig = 'clusters/lab/kubeconfig'): Promise<T> => {
    const api = createKubernetesClient(await readFile(path.join(home, kubeconfig), 'utf8'));
    return api.get<T>(where).finally(() => api.close());
  };
  const toCluster = async <T>(where: string, body: unknown): Promise<T> => {
    const api = createKubernetesClient(await readFile(path.join(home, 'clusters/lab/kubeconfig'), 'utf8'));
    return api.request<T>('POST', where, { body }).finally(() => api.close());
  };
  /** The API server hears of new rights a moment later. */
  const refused = (where: string, kubeconfig: string) =>
    eventually(`${where} is refused`, () =>
      fromCluster(where, kubeconfig).then(
        () => false,
        (error: unknown) => error instanceof ColdstartError && error.data['status'] === 403,
      ),
    );
  /** How the machine is reached, as the inventory says it. */
  const firstControlPlane = async () => {
    const { machines } = await cli.json<Status>(onSite('status', '-o', 'json'));
    const machine = machines.find(({ role }) => role === 'control-plane');
    const variables = await cli.json<Record<string, string>>(
      onSite('inventory', '--host', machine?.name ?? ''),
    );
    const ssh = path.join(home, 'clusters/lab/ssh');
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
    const { data } = await fromCluster<{ data: Record<string, string> }>(
      '/api/v1/namespaces/web/configmaps/web',
    );
    return data['index.html'];
  };

  test('up makes the cluster, the chart and the manifests in one run', async () => {
    await want(both('hello'));
    expect((await up()).outcome).toBe('done');
    expect(await page()).toBe('hello');
    const shelf = await fromCluster<{ spec: { boards: number } }>(
      '/apis/garage.example.org/v1/namespaces/garage/shelves/tools',
    );
    expect(shelf.spec.boards).toBe(4);
  });

  test('add-ons begin before all machines have joined, and in the order of their needs', async () => {
    const entries = await journalOf(home, runsOf(home)[0] ?? '');
    const place = (target: string, type: string) =>
      entries.findIndex(entry => 'target' in entry && entry.target === target && entry.type === type);
    const lastReady = entries.findLastIndex(entry => 'step' in entry && entry.step === 'cluster.ready');
    expect(place('addon/web', 'step.started')).toBeLessThan(lastReady);
    expect(place('addon/web', 'step.done')).toBeLessThan(place('addon/shelves', 'step.started'));
  });

  test('verify is green, and leaves nothing behind', async () => {
    const { healthy, checks } = await cli.json<Verified>(onSite('verify', '-o', 'json'));
    expect(healthy, JSON.stringify(checks)).toBe(true);
    expect(Object.fromEntries(checks.map(({ name, state }) => [name, state]))).toMatchObject({
      nodes: 'ok',
      pods: 'ok',
      services: 'ok',
      storage: 'skipped',
      gateway: 'skipped',
      metrics: 'skipped',
      addons: 'ok',
    });
    const { items } = await fromCluster<{ items: { metadata: { name: string } }[] }>('/api/v1/namespaces');
    expect(items.filter(({ metadata }) => metadata.name.startsWith('coldstart-verify'))).toEqual([]);
  });

  test('a person gets in with a certificate that ends, until the rights are taken away', async () => {
    const user = (...words: string[]) => ['user', ...words, '--lab', '--config', siteFile(), '-o', 'json'];
    const [nodes, pods] = ['/api/v1/nodes', '/api/v1/pods'];
    const add = (...more: string[]) =>
      cli.json<{ expires: string }>(user('add', 'ada', '--group', 'crew', ...more));

    const { expires } = await add('--file', path.join(home, 'first'));
    expect((await stat(path.join(home, 'first'))).mode & 0o777).toBe(0o600);
    const text = await readFile(path.join(home, 'first'), 'utf8');
    const certificate = new X509Certificate(parseKubeconfig(text).clientCertificatePem ?? '');
    // The cluster puts all groups into one part of the name.
    expect(certificate.subject).toMatch(/^O=crew \+ O=coldstart:ada:[0-9a-f]{16}\nCN=ada$/);
    expect(Date.parse(certificate.validTo)).toBe(Date.parse(expires));
    expect(await fromCluster(nodes, 'first')).toMatchObject({ kind: 'NodeList' });

    await add('--role', 'view', '--file', path.join(home, 'second'));
    expect(await fromCluster(pods, 'second')).toMatchObject({ kind: 'PodList' });
    await refused(nodes, 'second');
    await refused(pods, 'first');
    const { users } = await cli.json<{ users: object[] }>(user('list'));
    expect(users).toMatchObject([{ name: 'ada', role: 'view' }]);

    await cli.json(user('remove', 'ada'));
    await refused(pods, 'second');
    expect(await fromCluster('/apis/certificates.k8s.io/v1/certificatesigningrequests')).not.toMatchObject({
      items: expect.arrayContaining([
        { metadata: { name: expect.stringMatching(/^coldstart-/) as string } },
      ]) as unknown,
    });
  });

  test('open shows the way to a dashboard, and makes a login for it', async () => {
    const opened = (name: string, ...more: string[]) =>
      cli.json<Opened>(onSite('open', name, '-o', 'json', ...more));

    const { url, login } = await opened('web');
    expect(await (await fetch(url ?? '')).text()).toBe('hello');
    expect(login).toEqual({ from: 'a token of the ServiceAccount web/default' });
    const { password: token, expires } = (await opened('web', '--show-login')).login;
    expect(Date.parse(expires ?? '') - Date.now()).toBeGreaterThan(7.9 * 3_600_000);
    const review = { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token } };
    expect(await toCluster('/apis/authentication.k8s.io/v1/tokenreviews', review)).toMatchObject({
      status: { authenticated: true, user: { username: 'system:serviceaccount:web:default' } },
    });

    const admin = await opened('web-admin', '--show-login');
    expect(admin.url).toBe('http://web.rack.home.arpa');
    expect(admin.login).toMatchObject({ user: 'root', password: 'open sesame' });
    const { stdout } = await cli.run(onSite('open', 'web-admin'));
    expect(stdout).toContain('the Secret web/web');
    expect(stdout).not.toContain('sesame');
  });

  test('the same file again changes nothing', async () => {
    const runs = runsOf(home);
    expect((await up()).changes).toBe(0);
    expect(runsOf(home)).toEqual(runs);
    const { addons } = await cli.json<Listed>(onSite('addons', '-o', 'json'));
    expect(addons.map(({ name, change, ready }) => [name, change, ready])).toEqual([
      ['web', 'none', true],
      ['shelves', 'none', true],
    ]);
  });

  test('another value upgrades the chart alone; what left the manifest is removed', async () => {
    await want(both('good evening'));
    const manifest = path.join(home, 'site/manifests.yaml');
    const text = await readFile(manifest, 'utf8');
    expect(await planned()).toEqual({ web: 'upgrade', shelves: 'none' });
    await writeFile(manifest, text.slice(0, text.lastIndexOf('---')));
    expect(await planned()).toEqual({ web: 'upgrade', shelves: 'upgrade' });
    await up();
    expect(await page()).toBe('good evening');
    await expect(fromCluster('/api/v1/namespaces/garage/configmaps/left-behind')).rejects.toThrow(
      'refused GET',
    );
  });

  test('without helm in PATH, the one on the first control plane does it', async () => {
    const bare = createCli(home, { PATH: pathWithoutHelm() });
    const { hostname, access } = await firstControlPlane();
    const there = (script: string, more: RemoteInput = {}) =>
      runAsRoot(hostname, access, ['sh', '-c', script], more);
    await want(both('from there'));

    const missing = await bare.run(onSite('up', '--yes'));
    expect(missing.exitCode, missing.stderr).toBe(4);
    expect(missing.stderr).toContain(`there is no helm in PATH, nor on ${hostname}`);

    const input = await readFile(path.join(await helmFolder(), 'helm'));
    await there('cat > /usr/local/bin/helm && chmod 755 /usr/local/bin/helm', { input });
    await bare.json(onSite('up', '--yes', '-o', 'json'));
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

  test('verify asks the gateway from outside, and whether metrics flow', async () => {
    const { items } = await fromCluster<{ items: WireNode[] }>('/api/v1/nodes');
    const address = items[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
    const template = await readFile(path.join(checkout, 'test/fixtures/stand-ins.yaml'), 'utf8');
    const install = async (measured: readonly string[]) => {
      const text = [template.replaceAll('NODE_IP', address), ...measured.map(measurementOf)].join('---\n');
      await writeFile(path.join(home, 'site/stand-ins.yaml'), text);
      await want(`${both('from there')}  stand-ins: { manifests: [stand-ins.yaml], namespace: garage }\n`);
      await up();
    };
    const names = items.map(({ metadata }) => metadata.name);
    const look = async () => {
      const { exitCode, stdout } = await cli.run(onSite('verify', 'gateway', 'metrics', '-o', 'json'));
      const { checks } = JSON.parse(stdout) as Verified;
      return { exitCode, checks: Object.fromEntries(checks.map(({ name, ...rest }) => [name, rest])) };
    };

    await install(names.slice(1));
    const partly = await look();
    expect(partly.exitCode).toBe(5);
    expect(partly.checks['gateway']).toEqual({
      state: 'ok',
      seen: `the gateway garage/site at ${address}:30081 answers from here`,
    });
    expect(partly.checks['metrics']).toMatchObject({ state: 'failed', remedy: expect.anything() as unknown });
    expect(partly.checks['metrics']?.seen).toBe(`the metrics API has nothing of ${names[0]}`);

    await install(names);
    const { exitCode, checks } = await look();
    expect([exitCode, checks['metrics']?.state]).toEqual([0, 'warning']);
    expect(checks['metrics']?.seen).toMatch(
      /Prometheus reaches 1 of 2 targets, not node-exporter 10\.0\.0\.2:9100$/,
    );
    await want(both('from there'));
    await up();
  });

  test('what would lose data is removed only after a yes', async () => {
    await want('addons: {}\n');
    expect(await planned()).toEqual({ web: 'remove', shelves: 'remove' });
    const refused = await cli.run(onSite('up'));
    expect(refused.exitCode, refused.stderr).toBe(2);
    expect(refused.stderr).toContain('the shelves are lost');
    expect(await page()).toBe('from there');
  });

  test('what left the file is removed', async () => {
    await up();
    expect(await planned()).toEqual({});
    await expect(page()).rejects.toThrow('refused GET');
    await expect(fromCluster('/apis/garage.example.org/v1')).rejects.toThrow('refused GET');
  });
});

function measurementOf(node: string): string {
  return [
    'apiVersion: metrics.k8s.io/v1beta1',
    'kind: NodeMetrics',
    `metadata: { name: ${node} }`,
    'usage: { cpu: 100m, memory: 500Mi }\n',
  ].join('\n');
}

/** PATH as it is, without the folders that have a helm. */
function pathWithoutHelm(): string {
  const folders = (process.env['PATH'] ?? '').split(':');
  return folders.filter(folder => !existsSync(path.join(folder, 'helm'))).join(':');
}

function both(greeting: string): string {
  return `addons:
  web:
    chart: { path: web-chart }
    namespace: web
    values: { greeting: ${greeting}, service: NodePort, password: open sesame }
    dashboards:
      - { service: web, login: { serviceAccount: default } }
      - name: web-admin
        service: web
        url: http://web.rack.home.arpa
        login: { user: root, secret: web }
  shelves:
    manifests: [manifests.yaml]
    namespace: garage
    needs: [web]
    losesData: the shelves are lost
`;
}
