import { unlessGone } from '../cluster/apply.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { ColdstartError } from '../core/errors.ts';

/** Names of nodes with a measurement; undefined where the cluster has no metrics API: https://github.com/kubernetes/metrics */
export async function measuredNodes(
  api: KubernetesClient,
  signal: AbortSignal,
): Promise<string[] | undefined> {
  const path = '/apis/metrics.k8s.io/v1beta1/nodes';
  const list = await unlessGone(api.get<{ items: WireNodeMetrics[] | null }>(path, { signal }));
  return list?.items?.filter(({ usage }) => usage?.cpu !== undefined).map(({ metadata }) => metadata.name);
}

/** How many targets Prometheus reaches, and those that it does not; undefined where there is no Prometheus. */
export async function scrapedTargets(
  api: KubernetesClient,
  signal: AbortSignal,
): Promise<{ up: number; down: string[] } | undefined> {
  // The operator makes this Service for every Prometheus:
  // https://prometheus-operator.dev/docs/api-reference/api/#monitoring.coreos.com/v1.Prometheus
  const selector = encodeURIComponent('operated-prometheus=true');
  const services = await api.get<{ items: WireService[] }>(`/api/v1/services?labelSelector=${selector}`, {
    signal,
  });
  const [service] = services.items;
  if (!service) return undefined;
  const { name, namespace } = service.metadata;
  const path = `/api/v1/namespaces/${namespace}/services/${name}:9090/proxy/api/v1/query?query=up`;
  const answer = await api.get<WireVector>(path, { signal });
  const targets = answer.data?.result;
  if (targets === undefined) throw unreadable(`${namespace}/${name}`);
  const down = targets.filter(({ value }) => value[1] !== '1').map(({ metric }) => targetOf(metric));
  return { up: targets.length - down.length, down };
}

interface WireNodeMetrics {
  metadata: { name: string };
  usage?: { cpu?: string };
}

interface WireService {
  metadata: { name: string; namespace: string };
}

/** https://prometheus.io/docs/prometheus/latest/querying/api/#instant-vectors */
interface WireVector {
  data?: { result?: { metric: { job?: string; instance?: string }; value: [number, string] }[] };
}

function targetOf({ job = '?', instance = '?' }: { job?: string; instance?: string }): string {
  return `${job} ${instance}`;
}

function unreadable(prometheus: string): ColdstartError {
  return new ColdstartError('KUBERNETES_ERROR', `could not read what Prometheus ${prometheus} answers`);
}
