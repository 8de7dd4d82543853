import type { KubernetesObject, ReadyCondition } from '../addons/definition.ts';
import type { ObjectRef } from '../addons/installed.ts';
import { type ObjectStore, refOf } from '../cluster/apply.ts';
import { podTrouble } from '../cluster/pod-trouble.ts';
import { hasCondition, judgedKinds, type Readiness, readinessOf } from '../cluster/rollout.ts';
import type { PinnedAddon } from '../plan/addons.ts';

type Look = () => Promise<Readiness>;

/** Whether everything that an add-on brought does its work; in words the first that does not. */
export async function lookAtAddon(
  store: ObjectStore,
  addon: PinnedAddon,
  brought: readonly KubernetesObject[],
): Promise<Readiness> {
  const judged = brought.filter(({ kind }) => judgedKinds.includes(kind));
  const looks: Look[] = [
    ...judged.map(object => () => judge(store, refOf(object, addon.namespace))),
    ...addon.ready.map(condition => () => meets(store, addon, condition)),
  ];
  for (const look of looks) {
    const readiness = await look();
    if (!readiness.done) return readiness;
  }
  return {
    done: true,
    seen: judged.length === 0 ? 'is there' : `${judged.length} workloads and kinds ready`,
  };
}

/** A finished Job may have been cleared away by its own time to live. */
async function judge(store: ObjectStore, ref: ObjectRef): Promise<Readiness> {
  const object = await store.read<Parameters<typeof readinessOf>[0]>(ref);
  if (object) return withTrouble(store, object, readinessOf(object));
  return { done: ref.kind === 'Job', seen: `${ref.kind} ${ref.name} is not there` };
}

/** What its pods suffer from, while it is not ready: one more request, and only then. */
async function withTrouble(
  store: ObjectStore,
  { metadata: { namespace }, spec }: Parameters<typeof readinessOf>[0],
  readiness: Readiness,
): Promise<Readiness> {
  const labels = spec?.selector?.matchLabels;
  if (readiness.done || namespace === undefined || labels === undefined) return readiness;
  const trouble = podTrouble(await store.pods(namespace, labels));
  return trouble ? { ...readiness, ...trouble, seen: `${readiness.seen}; ${trouble.seen}` } : readiness;
}

async function meets(store: ObjectStore, addon: PinnedAddon, condition: ReadyCondition): Promise<Readiness> {
  if (condition.kind === 'established') return judge(store, { ...crds, name: condition.crd });
  if (condition.kind === 'default-storage-class') {
    const name = await store.defaultStorageClass();
    return { done: name !== undefined, seen: name ?? 'there is no default storage class' };
  }
  const { name, namespace = addon.namespace } = condition;
  if (condition.kind === 'rollout')
    return judge(store, { apiVersion: 'apps/v1', kind: condition.workload, name, namespace });
  const { apiVersion, of: kind, type } = condition;
  const object = await store.read<Parameters<typeof hasCondition>[0]>({ apiVersion, kind, name, namespace });
  return object ? hasCondition(object, type) : { done: false, seen: `${kind} ${name} is not there` };
}

const crds = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', namespace: '' };
