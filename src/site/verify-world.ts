import { randomBytes } from 'node:crypto';
import type { KubernetesObject } from '../addons/definition.ts';
import type { TestPod, VerifyWorld } from '../checks/verify.ts';
import { createObjectStore } from '../cluster/apply.ts';
import type { Site } from '../compose.ts';
import { systemClock } from '../core/clock.ts';
import type { Sight } from '../engine/step.ts';
import { waitUntil } from '../engine/until.ts';
import { createAddons } from './addons.ts';
import { createFactStore } from './fact-store.ts';
import { pinAddons } from './pin-addons.ts';
import { measuredNodes, scrapedTargets } from './verify-metrics.ts';
import { serverObjects, testPod } from './verify-objects.ts';
import { applyIn, type Scene, until } from './verify-scene.ts';
import { tryWayIn } from './verify-way-in.ts';

export interface VerifyOptions {
  site: Site;
  /** Image with a shell, wget, nslookup and httpd, such as busybox. */
  image: string;
  signal: AbortSignal;
}

interface WirePod {
  status?: {
    phase?: string;
    podIP?: string;
    conditions?: { type: string; status: string; message?: string }[];
    containerStatuses?: {
      ready: boolean;
      state?: { waiting?: { reason?: string }; terminated?: { message?: string; exitCode: number } };
    }[];
  };
}

/** The real cluster, with test pods in a namespace of their own. `close` removes it, whatever happened. */
export async function openVerifyWorld({
  site,
  image,
  signal,
}: VerifyOptions): Promise<VerifyWorld & { close(): Promise<void> }> {
  const api = await site.kubernetes.client();
  const objects = createObjectStore(api);
  const namespace = `coldstart-verify-${randomBytes(3).toString('hex')}`;
  let begun: Promise<void> | undefined;
  let server: Promise<{ podIp: string; serviceIp: string }> | undefined;
  const begin = () => (begun ??= makeNamespace({ api, objects, namespace, signal }));
  const scene: Scene = { api, objects, namespace, signal };
  const webServer = async (node: string) => {
    await begin();
    return (server ??= startServer(scene, node, image));
  };
  return {
    dnsDomain: site.config.kubernetes.dnsDomain,
    nodes: () => api.nodes({ signal }),
    async dnsPods() {
      const path = '/api/v1/namespaces/kube-system/pods?labelSelector=k8s-app%3Dkube-dns';
      return (await api.get<{ items: unknown[] | null }>(path, { signal })).items?.length ?? 0;
    },
    defaultStorageClass: () => objects.defaultStorageClass(),
    addons: () => lookAtAddons(site),
    async run(pod) {
      await begin();
      return runPod(scene, pod, image);
    },
    webServer,
    async wayIn(node) {
      await webServer(node);
      return tryWayIn(scene);
    },
    measuredNodes: () => measuredNodes(api, signal),
    scrapedTargets: () => scrapedTargets(api, signal),
    async close() {
      if (begun !== undefined) await removeNamespace(scene);
    },
  };
}

const label = 'coldstart-verify';

/** Also clears away what a run left that was killed. */
async function makeNamespace({ api, objects, namespace, signal }: Scene): Promise<void> {
  const old = await api.get<{ items: KubernetesObject[] }>(`/api/v1/namespaces?labelSelector=${label}`);
  for (const { metadata } of old.items) await objects.remove(namespaceRef(metadata.name));
  const labels = { [label]: 'true' };
  await objects.apply(
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels } },
    '',
    signal,
  );
}

/** The user's Ctrl-C must not keep it from being removed. */
async function removeNamespace({ objects, namespace }: Scene): Promise<void> {
  const ref = namespaceRef(namespace);
  await objects.remove(ref);
  await waitUntil(
    `the namespace ${namespace} is gone`,
    async () => ({ done: (await objects.read(ref)) === undefined, seen: 'it is being removed' }),
    { clock: systemClock, signal: new AbortController().signal, failAfterMs: 2 * 60_000 },
  );
}

function namespaceRef(name: string) {
  return { apiVersion: 'v1', kind: 'Namespace', name, namespace: '' };
}

async function runPod(scene: Scene, pod: TestPod, image: string): Promise<Sight> {
  for (const object of testPod(pod, image)) await applyIn(scene, object);
  let result: Sight = { done: false, seen: 'it did not start' };
  await until(scene, `the pod ${pod.name} has ended`, async () => {
    const status = await statusOf(scene, pod.name);
    const ended = status.phase === 'Succeeded' || status.phase === 'Failed';
    const said = status.containerStatuses?.[0]?.state?.terminated?.message?.trim();
    result = { done: status.phase === 'Succeeded', seen: said || `the test pod ended as ${status.phase}` };
    return { done: ended, seen: waitingFor(status) };
  });
  return result;
}

async function startServer(scene: Scene, node: string, image: string) {
  for (const object of serverObjects(node, image)) await applyIn(scene, object);
  let podIp = '';
  await until(scene, `the web server on ${node} runs`, async () => {
    const status = await statusOf(scene, 'server');
    podIp = status.podIP ?? '';
    return { done: status.containerStatuses?.[0]?.ready === true && podIp !== '', seen: waitingFor(status) };
  });
  const ref = { apiVersion: 'v1', kind: 'Service', name: 'server', namespace: scene.namespace };
  const service = await scene.objects.read<{ spec: { clusterIP: string } }>(ref);
  return { podIp, serviceIp: service?.spec.clusterIP ?? '' };
}

async function statusOf(
  { objects, namespace }: Scene,
  name: string,
): Promise<NonNullable<WirePod['status']>> {
  return (await objects.read<WirePod>({ apiVersion: 'v1', kind: 'Pod', name, namespace }))?.status ?? {};
}

function waitingFor({ phase, conditions, containerStatuses }: NonNullable<WirePod['status']>): string {
  const waiting = containerStatuses?.[0]?.state?.waiting?.reason;
  const unscheduled = conditions?.find(({ type, status }) => type === 'PodScheduled' && status === 'False');
  return waiting ?? unscheduled?.message ?? phase ?? 'it is not there yet';
}

async function lookAtAddons(site: Site): ReturnType<VerifyWorld['addons']> {
  const facts = await site.observe();
  const store = createFactStore(facts);
  const addons = createAddons({ kubernetes: site.kubernetes, helm: site.helm, store });
  const wanted = await pinAddons(site.config, facts);
  return Promise.all(
    wanted.map(async addon => {
      if (!(await addons.isInstalled(addon)))
        return { name: addon.name, ready: false, seen: 'is not installed as wanted' };
      const { done, seen } = await addons.look(addon);
      return { name: addon.name, ready: done, seen };
    }),
  );
}
