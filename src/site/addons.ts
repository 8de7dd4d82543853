import type { KubernetesObject } from '../addons/definition.ts';
import type { InstalledAddon, ObjectRef } from '../addons/installed.ts';
import {
  createObjectStore,
  inOrderOfCreation,
  isSameObject,
  type ObjectStore,
  refOf,
} from '../cluster/apply.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { parseKubernetesVersion } from '../cluster/kubernetes-version.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import type { Sight } from '../engine/step.ts';
import type { Helm } from '../helm/helm.ts';
import { isInstalled, isReplaced, type PinnedAddon } from '../plan/addons.ts';
import { oldKernels } from '../plan/kernels.ts';
import type { World } from '../steps/ports.ts';
import { lookAtAddon } from './addon-readiness.ts';
import { readInstalled, releaseState, writeInstalled } from './addon-record.ts';
import { upgradeDefinitions } from './chart-definitions.ts';
import type { FactStore } from './fact-store.ts';
import { objectsIn, readManifests } from './manifests.ts';
import type { KubernetesPeer } from './observe.ts';

export interface AddonsOptions {
  kubernetes: KubernetesPeer;
  helm: Helm;
  store: FactStore;
}

interface Cluster {
  api: KubernetesClient;
  objects: ObjectStore;
}

/** Charts and manifests in the cluster, as steps use them. */
export function createAddons({ kubernetes, helm, store }: AddonsOptions): World['addons'] {
  /** What the add-on consisted of before this run, and what it will consist of. */
  const before = new Map<string, ObjectRef[]>();
  const objectsOf = rememberObjects();
  const open = async (): Promise<Cluster> => {
    const api = await kubernetes.client();
    return { api, objects: createObjectStore(api) };
  };
  return {
    async isInstalled(addon) {
      store.learnKubernetes(await kubernetes.observe());
      return isInstalled(addon, store.kubernetes());
    },
    async install(addon, needs, signal) {
      refuseOldKernels(addon, store);
      const cluster = await open();
      let installed = (await readInstalled(cluster.api)).get(addon.name);
      if (installed && isReplaced(addon, installed)) {
        await removeInstalled(cluster, helm, installed, signal);
        installed = undefined;
      }
      const wanted = (await objectsOf(addon, signal)).map(object => refOf(object, addon.namespace));
      const former = installed?.objects ?? [];
      before.set(addon.name, former);
      const all = [...wanted, ...former.filter(ref => !wanted.some(other => isSameObject(ref, other)))];
      await ensureNamespace(cluster, addon, signal);
      await writeInstalled(cluster.api, addon.name, recordOf(addon, needs, all, ''));
      if (addon.source.kind === 'chart') await upgrade(cluster, helm, addon, signal);
    },
    async apply(addon, signal) {
      const { objects } = await open();
      return applyAll(objects, addon, await objectsOf(addon, signal), signal);
    },
    async look(addon) {
      const brought =
        addon.source.kind === 'chart'
          ? objectsIn(await helm.manifest(addon), `of the chart ${addon.name}`)
          : [];
      return lookAtAddon((await open()).objects, addon, [...brought, ...(await objectsOf(addon))]);
    },
    async leftovers(addon) {
      const wanted = (await objectsOf(addon)).map(object => refOf(object, addon.namespace));
      return (before.get(addon.name) ?? []).filter(ref => !wanted.some(other => isSameObject(ref, other)));
    },
    async removeObjects(refs, signal) {
      const { objects } = await open();
      for (const ref of inOrderOfCreation(refs).toReversed()) await objects.remove(ref, signal);
    },
    async note(addon, needs) {
      const { api } = await open();
      const wanted = (await objectsOf(addon)).map(object => refOf(object, addon.namespace));
      await writeInstalled(api, addon.name, recordOf(addon, needs, wanted, addon.fingerprint));
    },
    async remove(name, signal) {
      const cluster = await open();
      const installed = (await readInstalled(cluster.api)).get(name);
      if (installed) await removeInstalled(cluster, helm, installed, signal);
    },
  };
}

/** The nodes were just asked for; not every machine may have joined yet. */
function refuseOldKernels(addon: PinnedAddon, store: FactStore): void {
  const problem = oldKernels(addon, store.machines(), store.kubernetes());
  if (problem !== undefined) throw new ColdstartError('KERNEL_TOO_OLD', `${addon.name} ${problem}`);
}

/** Manifests are read once a run: what is applied, waited for and noted is the same. */
function rememberObjects(): (addon: PinnedAddon, signal?: AbortSignal) => Promise<KubernetesObject[]> {
  const known = new Map<string, KubernetesObject[]>();
  return async (addon, signal) => {
    const found =
      known.get(addon.name) ??
      (addon.source.kind === 'manifests' ? await readManifests(addon.source.from, signal) : []).concat(
        addon.objects,
      );
    known.set(addon.name, found);
    return found;
  };
}

/** A release that was cut off is locked; nobody else works on it, because we hold the cluster's lock. */
async function upgrade(
  { api, objects }: Cluster,
  helm: Helm,
  addon: PinnedAddon,
  signal: AbortSignal,
): Promise<void> {
  if (addon.source.kind !== 'chart') return;
  const state = await releaseState(api, addon);
  if (state === 'pending-install' || state === 'uninstalling') await helm.uninstall(addon, signal);
  if (state === 'pending-upgrade' || state === 'pending-rollback') await helm.rollback(addon, signal);
  if (state !== undefined) await upgradeDefinitions(objects, helm, addon, signal);
  const version = parseKubernetesVersion(await api.version({ signal }));
  // Finished in 1.22: https://kubernetes.io/blog/2021/08/06/server-side-apply-ga/
  const serverSide = version === undefined || version.minor >= 22;
  await helm.upgrade(addon, addon.source.chart, addon.values, { serverSide, signal });
}

async function ensureNamespace({ objects }: Cluster, addon: PinnedAddon, signal: AbortSignal): Promise<void> {
  const { namespace: name, namespaceLabels: labels } = addon;
  const ref: ObjectRef = { apiVersion: 'v1', kind: 'Namespace', name, namespace: '' };
  if (Object.keys(labels).length === 0 && (await objects.read(ref, signal)) !== undefined) return;
  await objects.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels } }, '', signal);
}

async function applyAll(
  store: ObjectStore,
  { namespace }: PinnedAddon,
  objects: readonly KubernetesObject[],
  signal: AbortSignal,
): Promise<Sight> {
  try {
    for (const object of inOrderOfCreation(objects)) await store.apply(object, namespace, signal);
    return { done: true, seen: 'applied' };
  } catch (error) {
    if (!isPassing(error)) throw error;
    return { done: false, seen: reasonOf(error) };
  }
}

/** Kinds appear a moment after their definition, and webhooks answer when their pods do. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof ColdstartError)) return false;
  const { status } = error.data;
  return error.code === 'KUBERNETES_ERROR' && typeof status === 'number' && (status === 404 || status >= 500);
}

async function removeInstalled(
  { api, objects }: Cluster,
  helm: Helm,
  installed: InstalledAddon,
  signal: AbortSignal,
): Promise<void> {
  // Before the chart: what they are made of may go with it.
  for (const ref of inOrderOfCreation(installed.objects).toReversed()) await objects.remove(ref, signal);
  if (installed.kind === 'chart') await helm.uninstall(installed, signal);
  await writeInstalled(api, installed.name, undefined);
}

function recordOf(
  { name, source, version, namespace, losesData }: PinnedAddon,
  needs: readonly string[],
  objects: ObjectRef[],
  fingerprint: string,
): Omit<InstalledAddon, 'deployed'> {
  return {
    name,
    kind: source.kind,
    version,
    namespace,
    fingerprint,
    objects,
    needs: [...needs],
    ...(losesData === undefined ? {} : { losesData }),
  };
}
