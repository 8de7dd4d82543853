import type { InstalledAddon } from '../addons/installed.ts';
import { unlessGone } from '../cluster/apply.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';

const name = 'coldstart-addons';
const folder = '/api/v1/namespaces/kube-system/configmaps';

interface WireConfigMap {
  data?: Record<string, string>;
}

interface WireSecrets {
  /** Null when there are none, up to Kubernetes 1.20 at least. */
  items: { metadata: { namespace: string; labels: Record<string, string> } }[] | null;
}

/** Only metadata: a secret of Helm holds the whole chart. */
const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

/** What is installed: one request, and one more where there are charts, of which Helm itself is asked. */
export async function readInstalled(api: KubernetesClient): Promise<ReadonlyMap<string, InstalledAddon>> {
  const record = await unlessGone(api.get<WireConfigMap>(`${folder}/${name}`));
  const noted = Object.values(record?.data ?? {}).flatMap(parsed);
  const deployed = noted.some(({ kind }) => kind === 'chart') ? await deployedReleases(api) : new Set();
  return new Map(
    noted.map(addon => [
      addon.name,
      { ...addon, deployed: addon.kind === 'manifests' || deployed.has(`${addon.namespace}/${addon.name}`) },
    ]),
  );
}

/** What a person broke by hand is as good as not installed, and is installed again. */
function parsed(text: string): InstalledAddon[] {
  try {
    return [JSON.parse(text) as InstalledAddon];
  } catch {
    return [];
  }
}

const emptyRecord = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, labels: { 'app.kubernetes.io/managed-by': 'coldstart' } },
};

/** Replaces what is noted of one add-on; undefined takes it away. Others may write at the same time. */
export async function writeInstalled(
  api: KubernetesClient,
  addon: string,
  value: Omit<InstalledAddon, 'deployed'> | undefined,
): Promise<void> {
  const data = { [addon]: value === undefined ? null : JSON.stringify(value) };
  await api.request('PATCH', `${folder}/${name}?fieldManager=coldstart&force=true`, {
    body: emptyRecord,
    contentType: 'application/apply-patch+yaml',
  });
  await api.request('PATCH', `${folder}/${name}`, {
    body: { data },
    contentType: 'application/merge-patch+json',
  });
}

/** The state of a release's newest revision, such as `deployed` or `pending-upgrade`; undefined when there is none. */
export async function releaseState(
  api: KubernetesClient,
  { name: release, namespace }: { name: string; namespace: string },
): Promise<string | undefined> {
  const selector = encodeURIComponent(`owner=helm,name=${release}`);
  const { items } = await api.request<WireSecrets>(
    'GET',
    `/api/v1/namespaces/${namespace}/secrets?labelSelector=${selector}`,
    { accept: metadataOnly },
  );
  const newest = (items ?? []).toSorted(
    (a, b) => Number(b.metadata.labels['version']) - Number(a.metadata.labels['version']),
  )[0];
  return newest?.metadata.labels['status'];
}

async function deployedReleases(api: KubernetesClient): Promise<Set<string>> {
  const selector = encodeURIComponent('owner=helm,status=deployed');
  const { items } = await api.request<WireSecrets>('GET', `/api/v1/secrets?labelSelector=${selector}`, {
    accept: metadataOnly,
  });
  return new Set((items ?? []).map(({ metadata }) => `${metadata.namespace}/${metadata.labels['name']}`));
}
