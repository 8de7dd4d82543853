import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import {
  type ClusterNode,
  createKubernetesClient,
  type KubernetesClient,
} from '../cluster/kubernetes-api.ts';
import type { ClusterConfig } from '../config/schema.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import type { MaasClient } from '../maas/client.ts';
import { annotationKeys, type Facts, type KubernetesFacts } from '../plan/facts.ts';
import { readInstalled } from './addon-record.ts';

/** One look at MAAS, and at Kubernetes where there is a cluster to ask. */
export async function observe(
  config: Pick<ClusterConfig, 'name' | 'machines'>,
  maas: MaasPeer,
  kubernetes: KubernetesPeer,
): Promise<Facts> {
  const { user, machines } = await observeMaas(config, maas);
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
    const text = await readFile(kubeconfigFile, 'utf8');
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
  const [version, nodes, addons] = await Promise.all([api.version(), api.nodes(), readInstalled(api)]);
  const byName = new Map(nodes.map((node: ClusterNode) => [node.name, node]));
  return { state: 'answers', version, nodes: byName, addons };
}
