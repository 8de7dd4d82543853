import { X509Certificate } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parseKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { ColdstartError } from '../../src/core/errors.ts';
import { checkout } from '../support/cli.ts';
import { eventually } from '../support/wait.ts';
import { chartAndManifests, type Site } from './site.ts';

interface Opened {
  url: string | null;
  login: { from: string; user?: string | null; password?: string; expires?: string | null };
}

interface WireNode {
  metadata: { name: string };
  status: { addresses: { type: string; address: string }[] };
}

interface Verified {
  healthy: boolean;
  checks: { name: string; state: string; seen: string }[];
}

/** What people see of a cluster with add-ons, and how they get in. It is left as it was. */
export function lookTests(site: Site): void {
  /** The API server hears of new rights, and of those taken away, a moment later. */
  const refused = (where: string, kubeconfig: string) =>
    eventually(`${where} is refused`, () =>
      site.fromCluster(where, kubeconfig).then(
        () => false,
        (error: unknown) => error instanceof ColdstartError && error.data['status'] === 403,
      ),
    );

  test('verify is green, and leaves nothing behind', async () => {
    const { healthy, checks } = await site.cli.json<Verified>(site.on('verify', '-o', 'json'));
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
    const { items } = await site.fromCluster<{ items: { metadata: { name: string } }[] }>(
      '/api/v1/namespaces',
    );
    expect(items.filter(({ metadata }) => metadata.name.startsWith('coldstart-verify'))).toEqual([]);
  });

  test('a person gets in with a certificate that ends, until the rights are taken away', async () => {
    const user = (...words: string[]) => [
      'user',
      ...words,
      '--lab',
      '--config',
      site.file('cluster.yaml'),
      '-o',
      'json',
    ];
    const [nodes, pods] = ['/api/v1/nodes', '/api/v1/pods'];
    const add = (...more: string[]) =>
      site.cli.json<{ expires: string }>(user('add', 'ada', '--group', 'crew', ...more));

    const { expires } = await add('--file', path.join(site.home, 'first'));
    expect((await stat(path.join(site.home, 'first'))).mode & 0o777).toBe(0o600);
    const text = await readFile(path.join(site.home, 'first'), 'utf8');
    const certificate = new X509Certificate(parseKubeconfig(text).clientCertificatePem ?? '');
    // The cluster puts all groups into one part of the name.
    expect(certificate.subject).toMatch(/^O=crew \+ O=coldstart:ada:[0-9a-f]{16}\nCN=ada$/);
    expect(Date.parse(certificate.validTo)).toBe(Date.parse(expires));
    await expect.poll(() => site.fromCluster(nodes, 'first')).toMatchObject({ kind: 'NodeList' });

    await add('--role', 'view', '--file', path.join(site.home, 'second'));
    await expect.poll(() => site.fromCluster(pods, 'second')).toMatchObject({ kind: 'PodList' });
    await refused(nodes, 'second');
    await refused(pods, 'first');
    const { users } = await site.cli.json<{ users: object[] }>(user('list'));
    expect(users).toMatchObject([{ name: 'ada', role: 'view' }]);

    await site.cli.json(user('remove', 'ada'));
    await refused(pods, 'second');
    expect(
      await site.fromCluster('/apis/certificates.k8s.io/v1/certificatesigningrequests'),
    ).not.toMatchObject({
      items: expect.arrayContaining([
        { metadata: { name: expect.stringMatching(/^coldstart-/) as string } },
      ]) as unknown,
    });
  });

  test('open shows the way to a dashboard, and makes a login for it', async () => {
    const opened = (name: string, ...more: string[]) =>
      site.cli.json<Opened>(site.on('open', name, '-o', 'json', ...more));

    const { url, login } = await opened('web');
    expect(await (await fetch(url ?? '')).text()).toBe('hello');
    expect(login).toEqual({ from: 'a token of the ServiceAccount web/default' });
    const { password: token, expires } = (await opened('web', '--show-login')).login;
    expect(Date.parse(expires ?? '') - Date.now()).toBeGreaterThan(7.9 * 3_600_000);
    const review = { kind: 'TokenReview', apiVersion: 'authentication.k8s.io/v1', spec: { token } };
    expect(await site.toCluster('/apis/authentication.k8s.io/v1/tokenreviews', review)).toMatchObject({
      status: { authenticated: true, user: { username: 'system:serviceaccount:web:default' } },
    });

    const admin = await opened('web-admin', '--show-login');
    expect(admin.url).toBe('http://web.rack.home.arpa');
    expect(admin.login).toMatchObject({ user: 'root', password: 'open sesame' });
    const { stdout } = await site.cli.run(site.on('open', 'web-admin'));
    expect(stdout).toContain('the Secret web/web');
    expect(stdout).not.toContain('sesame');
  });

  test('verify asks the gateway from outside, and whether metrics flow', async () => {
    const { items } = await site.fromCluster<{ items: WireNode[] }>('/api/v1/nodes');
    const address = items[0]?.status.addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
    const template = await readFile(path.join(checkout, 'test/fixtures/stand-ins.yaml'), 'utf8');
    const install = async (measured: readonly string[]) => {
      const text = [template.replaceAll('NODE_IP', address), ...measured.map(measurementOf)].join('---\n');
      await writeFile(site.file('stand-ins.yaml'), text);
      await site.want(
        `${chartAndManifests('hello')}  stand-ins: { manifests: [stand-ins.yaml], namespace: garage }\n`,
      );
      await site.up();
    };
    const names = items.map(({ metadata }) => metadata.name);
    const look = async () => {
      const { exitCode, stdout } = await site.cli.run(site.on('verify', 'gateway', 'metrics', '-o', 'json'));
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
    await site.want(chartAndManifests('hello'));
    await site.up();
  });
}

function measurementOf(node: string): string {
  return [
    'apiVersion: metrics.k8s.io/v1beta1',
    'kind: NodeMetrics',
    `metadata: { name: ${node} }`,
    'usage: { cpu: 100m, memory: 500Mi }\n',
  ].join('\n');
}
