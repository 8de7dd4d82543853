import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { createKubernetesClient } from '../../src/cluster/kubernetes-api.ts';
import { type Cli, checkout, createCli } from '../support/cli.ts';
import { helmFolder } from '../support/helm.ts';

/** A lab of hosts in a home of its own, the real helm, and a folder with a chart, manifests and `cluster.yaml`. */
export interface Site {
  readonly home: string;
  readonly cli: Cli;
  /** A file of the folder. */
  file(name: string): string;
  /** A command on the lab with the folder's `cluster.yaml`. */
  on(command: string, ...args: string[]): string[];
  /** Makes this the `cluster.yaml`. */
  want(yaml: string): Promise<void>;
  /** Up, which must end well; what it printed as JSON. */
  up(): Promise<{ outcome: string; changes: number; kubeconfig: string }>;
  fromCluster<T>(where: string, kubeconfig?: string): Promise<T>;
  toCluster<T>(where: string, body: unknown): Promise<T>;
}

/** Made before the tests of the block that asks for it, and gone afterwards with its lab. */
export function useSite(): Site {
  let home = '';
  let cli: Cli;

  beforeAll(async () => {
    // Not on tmpfs: the hosts' disks lie below it.
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

  const file = (name: string) => path.join(home, 'site', name);
  const on: Site['on'] = (command, ...args) => [command, '--lab', '--config', file('cluster.yaml'), ...args];
  const client = async (kubeconfig = 'clusters/lab/kubeconfig') =>
    createKubernetesClient(await readFile(path.join(home, kubeconfig), 'utf8'));
  return {
    get home() {
      return home;
    },
    get cli() {
      return cli;
    },
    file,
    on,
    want: yaml => writeFile(file('cluster.yaml'), yaml),
    up: () => cli.json(on('up', '--yes', '-o', 'json')),
    async fromCluster<T>(where: string, kubeconfig?: string) {
      const api = await client(kubeconfig);
      return api.get<T>(where).finally(() => api.close());
    },
    async toCluster<T>(where: string, body: unknown) {
      const api = await client();
      return api.request<T>('POST', where, { body }).finally(() => api.close());
    },
  };
}

/** A chart, and manifests that need it. */
export function chartAndManifests(greeting: string): string {
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
