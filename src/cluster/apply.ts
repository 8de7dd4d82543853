import type { KubernetesObject } from '../addons/definition.ts';
import type { ObjectRef } from '../addons/installed.ts';
import { ColdstartError } from '../core/errors.ts';
import type { KubernetesClient } from './kubernetes-api.ts';
import type { WirePod } from './pod-trouble.ts';

/** Objects of any kind, by name. Errors: those of the client; KUBERNETES_ERROR for a kind that the cluster does not have. */
export interface ObjectStore {
  /** Server-side apply: https://kubernetes.io/docs/reference/using-api/server-side-apply/ */
  apply(object: KubernetesObject, namespace: string, signal?: AbortSignal): Promise<void>;
  /** Undefined when it is not there, or its kind is not. */
  read<T>(ref: ObjectRef, signal?: AbortSignal): Promise<T | undefined>;
  /** The pods of a namespace that carry all of these labels. */
  pods(namespace: string, labels: Readonly<Record<string, string>>): Promise<WirePod[]>;
  /** Name of the storage class that claims get which ask for none. */
  defaultStorageClass(): Promise<string | undefined>;
  /** What is gone already, kind and all, is as good as removed. */
  remove(ref: ObjectRef, signal?: AbortSignal): Promise<void>;
}

interface WireResource {
  name: string;
  kind: string;
  namespaced: boolean;
}

export function createObjectStore(client: KubernetesClient): ObjectStore {
  const known = new Map<string, WireResource[]>();

  const resourceOf = async ({ apiVersion, kind }: Pick<ObjectRef, 'apiVersion' | 'kind'>) => {
    const find = () => known.get(apiVersion)?.find(resource => resource.kind === kind);
    if (find() === undefined) known.set(apiVersion, await resourcesOf(client, apiVersion));
    return find();
  };
  const pathOf = async (ref: ObjectRef): Promise<string | undefined> => {
    const resource = await resourceOf(ref);
    if (!resource) return undefined;
    const namespace = resource.namespaced
      ? `/namespaces/${encodeURIComponent(ref.namespace ?? 'default')}`
      : '';
    return `${rootOf(ref.apiVersion)}${namespace}/${resource.name}/${encodeURIComponent(ref.name)}`;
  };
  return {
    async apply(object, namespace, signal) {
      const path = await pathOf(refOf(object, namespace));
      if (path === undefined) throw noSuchKind(object);
      await client.request('PATCH', `${path}?fieldManager=coldstart&force=true`, {
        body: object,
        contentType: 'application/apply-patch+yaml',
        signal,
      });
    },
    async read<T>(ref: ObjectRef, signal?: AbortSignal) {
      const path = await pathOf(ref);
      return path === undefined ? undefined : unlessGone(client.get<T>(path, { signal }));
    },
    async pods(namespace, labels) {
      const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
      const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods?labelSelector=${encodeURIComponent(selector.join(','))}`;
      return (await unlessGone(client.get<{ items: WirePod[] }>(path)))?.items ?? [];
    },
    defaultStorageClass: () => defaultStorageClass(client),
    async remove(ref, signal) {
      const path = await pathOf(ref);
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: 'Background' };
      if (path !== undefined) await unlessGone(client.request('DELETE', path, { body, signal }));
    },
  };
}

/** First what others live in or are made of, as given otherwise. */
export function inOrderOfCreation<T extends { kind: string }>(objects: readonly T[]): T[] {
  const rank = ({ kind }: T): number => {
    const place = ['Namespace', 'CustomResourceDefinition', 'ServiceAccount'].indexOf(kind);
    return place < 0 ? 99 : place;
  };
  return objects.toSorted((a, b) => rank(a) - rank(b));
}

export function isSameObject(a: ObjectRef, b: ObjectRef): boolean {
  const groupOf = ({ apiVersion }: ObjectRef) => (apiVersion.includes('/') ? apiVersion.split('/')[0] : '');
  return groupOf(a) === groupOf(b) && a.kind === b.kind && a.name === b.name && a.namespace === b.namespace;
}

/** Where the object is; `namespace` is for objects that live in one and do not say in which. */
export function refOf({ apiVersion, kind, metadata }: KubernetesObject, namespace: string): ObjectRef {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace ?? namespace };
}

/** The value, or undefined when the API says 404. */
export async function unlessGone<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ColdstartError && error.data['status'] === 404) return undefined;
    throw error;
  }
}

async function resourcesOf(client: KubernetesClient, apiVersion: string): Promise<WireResource[]> {
  const list = await unlessGone(client.get<{ resources: WireResource[] }>(rootOf(apiVersion)));
  return list?.resources.filter(({ name }) => !name.includes('/')) ?? [];
}

/** https://kubernetes.io/docs/concepts/storage/storage-classes/#default-storageclass */
async function defaultStorageClass(client: KubernetesClient): Promise<string | undefined> {
  const { items } = await client.get<{ items: KubernetesObject[] }>('/apis/storage.k8s.io/v1/storageclasses');
  const key = 'storageclass.kubernetes.io/is-default-class';
  const marked = items.find(
    ({ metadata }) => (metadata['annotations'] as Record<string, string> | undefined)?.[key] === 'true',
  );
  return marked?.metadata.name;
}

function rootOf(apiVersion: string): string {
  return apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
}

function noSuchKind({ apiVersion, kind, metadata }: KubernetesObject): ColdstartError {
  return new ColdstartError('KUBERNETES_ERROR', `could not apply ${kind} ${metadata.name}`, {
    because: `the cluster has no kind ${kind} in ${apiVersion}`,
    hint: 'add the add-on that brings this kind, or name it in needs',
    data: { status: 404, reason: 'NoSuchKind' },
  });
}
