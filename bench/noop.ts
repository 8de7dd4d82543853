import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { kubeconfigFor, makeCertificates } from '../src/cluster/certificates.fixture.ts';
import { playbookVariables } from '../src/cluster/playbook-variables.ts';
import { loadConfig } from '../src/config/load.ts';
import { annotationKeys } from '../src/plan/facts.ts';
import { configuredHash, preparedHash } from '../src/site/hashes.ts';
import { serveNodes } from './support/kubernetes.ts';
import { readOptions } from './support/options.ts';
import { bundle, measured } from './support/program.ts';
import { fleetOf, startRegion } from './support/region.ts';
import { printRows, type Row, rounded } from './support/table.ts';

/** `coldstart up` on a cluster that is as it should be. */
export async function noopRows(sizes: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const machines of sizes) rows.push(await noop(machines));
  return rows;
}

async function noop(machines: number): Promise<Row> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-noop-'));
  const certificates = makeCertificates();
  const names = fleetOf(machines).map(({ hostname }) => hostname);
  const kubernetes = await serveNodes(certificates, names);
  const region = await startRegion({ machines, timeScale: 1000, deployed: await converged() });
  try {
    const clusterDir = path.join(home, 'clusters', 'coldstart');
    await mkdir(clusterDir, { recursive: true, mode: 0o700 });
    await writeFile(path.join(clusterDir, 'kubeconfig'), kubeconfigFor(certificates, kubernetes.port), {
      mode: 0o600,
    });
    // A PATH without ssh and Ansible: whoever wanted them would fail.
    const env = {
      PATH: '',
      COLDSTART_HOME: home,
      MAAS_API_URL: region.url,
      MAAS_API_KEY: region.apiKey,
    };
    const run = () => measured([bundle, 'up', '-o', 'json'], env);
    // The first one also asks who the key belongs to, once for all.
    await run();
    region.take();
    kubernetes.take();
    const used = await run();
    const { changes } = JSON.parse(used.stdout) as { changes: number };
    if (changes !== 0) throw new Error(`${changes} changes, where none was to be made`);
    return {
      machines,
      maasRequests: region.take().requests,
      kubernetesRequests: kubernetes.take(),
      wallSeconds: rounded(used.seconds),
      cpuSeconds: rounded(used.cpuSeconds),
      peakMegabytes: Math.round(used.peakMegabytes),
    };
  } finally {
    await region.close();
    await kubernetes.close();
    await rm(home, { recursive: true });
  }
}

/** The annotations of machines on which nothing is left to do, with the settings that hold without a cluster.yaml. */
export async function converged(): Promise<{
  annotations: Record<string, string>;
  first: Record<string, string>;
}> {
  const env = { MAAS_API_URL: 'http://127.0.0.1/MAAS', MAAS_API_KEY: 'a:b:c' };
  const { config } = await loadConfig({ cwd: os.tmpdir(), env });
  const variables = playbookVariables(config);
  return {
    annotations: {
      [annotationKeys.cluster]: config.name,
      [annotationKeys.role]: 'worker',
      [annotationKeys.prepared]: preparedHash(variables),
      [annotationKeys.joined]: config.name,
    },
    first: {
      [annotationKeys.role]: 'control-plane',
      [annotationKeys.configured]: configuredHash(variables),
    },
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const { json, sizes } = readOptions(args, [3, 100, 1000, 5000]);
  printRows('noop', await noopRows(sizes), json);
}
