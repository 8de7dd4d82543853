import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { ClusterNode, KubernetesClient } from '../cluster/kubernetes-api.ts';
import type { ClusterConfig } from '../config/schema.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import type { MaasClient } from '../maas/client.ts';
import { annotationKeys, type Facts, type KubernetesFacts } from '../plan/facts.ts';
import { writeAtomically } from '../state/atomic.ts';

/** One look at MAAS, unless its machines were `seen` before, and at Kubernetes where there is a cluster to ask. */
export async function observe(
  config: Pick<ClusterConfig, 'name' | 'machines'>,
  maas: MaasPeer,
  kubernetes: KubernetesPeer,
  seen?: Facts['machines'],
): Promise<Facts> {
  const { user, machines } = seen
    ? { user: await maas.user(), machines: seen }
    : await observeMaas(config, maas);
  // A kubeconfig outlives its cluster: only a machine that has joined shows that there is one to ask.
  const exists = [...machines.values()].some(
    ({ annotations }) => annotations[annotationKeys.joined] === config.name,
  );
  return {
    user,
    machines,
    kubernetes: exists ? await kubernetes.observe() : { state: 'none' },
  };
}

export interface MaasPeer {
  client: MaasClient;
  /** Name of the user whose API key is used. */
  user(): Promise<string>;
}

/** Every machine with a role tag: one request a tag. */
export async function observeMaas(
  { machines: { controlPlane, workers } }: Pick<ClusterConfig, 'machines'>,
  { client, user }: MaasPeer,
): Promise<Pick<Facts, 'user' | 'machines'>> {
  const [name, list] = await Promise.all([user(), client.listByTags([controlPlane.tag, workers.tag])]);
  return { user: name, machines: new Map(list.machines.map(machine => [machine.id, machine])) };
}

/**
 * The machines that are deployed for us: one request where role tags need one each. It lists what this MAAS user
 * holds, so it is not made again where most of that is of no role in this cluster; `file` remembers so.
 */
export async function observeDeployed(
  config: Pick<ClusterConfig, 'name' | 'machines'>,
  maas: MaasPeer,
  file: string,
): Promise<Pick<Facts, 'user' | 'machines'>> {
  const user = await maas.user();
  if (existsSync(file)) return observeMaas(config, maas);
  try {
    const { machines } = await maas.client.listMachines({ owner: user, status: 'deployed' });
    const { controlPlane, workers } = config.machines;
    const ours = machines.filter(({ tags }) => tags.includes(controlPlane.tag) || tags.includes(workers.tag));
    if (machines.length > 2 * ours.length + 10)
      await writeAtomically(file, 'list machines by their tags: this MAAS user holds many others\n');
    return { user, machines: new Map(ours.map(machine => [machine.id, machine])) };
  } catch (error) {
    // Regions before 3.3 have no such filter.
    if (error instanceof ColdstartError && error.code === 'MAAS_BAD_REQUEST')
      return observeMaas(config, maas);
    throw error;
  }
}

/** The cluster's API server, reached with the kubeconfig that was fetched; it may appear during a run. */
export interface KubernetesPeer {
  observe(): Promise<KubernetesFacts>;
  /** The client itself. Errors: NO_CLUSTER when there is no kubeconfig. */
  client(): Promise<KubernetesClient>;
  close(): void;
}

export function createKubernetesPeer(kubeconfigFile: string): KubernetesPeer {
  let connected: { text: string; client: KubernetesClient } | undefined;

  const client = async (): Promise<KubernetesClient | undefined> => {
    if (!existsSync(kubeconfigFile)) return undefined;
    const [text, { createKubernetesClient }] = await Promise.all([
      readFile(kubeconfigFile, 'utf8'),
      import('../cluster/kubernetes-api.ts'),
    ]);
    if (connected?.text !== text) {
      connected?.client.close();
      connected = { text, client: createKubernetesClient(text) };
    }
    return connected.client;
  };
  return {
    async client() {
      const api = await client();
      if (api) return api;
      throw new ColdstartError('NO_CLUSTER', `${kubeconfigFile} does not exist`);
    },
    async observe() {
      try {
        const api = await client();
        return api ? await ask(api) : { state: 'unknown' };
      } catch (error) {
        return { state: 'unreachable', because: reasonOf(error) };
      }
    },
    close: () => connected?.client.close(),
  };
}

async function ask(api: KubernetesClient): Promise<KubernetesFacts> {
  const { readInstalled } = await import('./addon-record.ts');
  const [nodes, addons] = await Promise.all([api.nodes(), readInstalled(api)]);
  const byName = new Map(nodes.map(node => [node.name, node]));
  return { state: 'answers', version: versionOf(nodes), nodes: byName, addons };
}

/** A control plane has the version of its kubelet, so nobody needs to be asked for it. */
function versionOf(nodes: readonly ClusterNode[]): string {
  return (nodes.find(({ roles }) => roles.includes('control-plane')) ?? nodes[0])?.version ?? '';
}
