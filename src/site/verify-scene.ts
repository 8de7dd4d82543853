import type { KubernetesObject } from '../addons/definition.ts';
import type { ObjectStore } from '../cluster/apply.ts';
import type { KubernetesClient } from '../cluster/kubernetes-api.ts';
import { systemClock } from '../core/clock.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import type { Sight } from '../engine/step.ts';
import { waitUntil } from '../engine/until.ts';

/** The namespace that a run of verify has for itself. */
export interface Scene {
  api: KubernetesClient;
  objects: ObjectStore;
  namespace: string;
  signal: AbortSignal;
}

/** A fresh namespace has no service account for a moment, and refuses pods with 403 until then. */
export async function applyIn(scene: Scene, object: KubernetesObject): Promise<void> {
  await until(scene, `${object.kind} ${object.metadata.name} is made`, async () => {
    try {
      await scene.objects.apply(object, scene.namespace, scene.signal);
      return { done: true, seen: 'made' };
    } catch (error) {
      if (!(error instanceof ColdstartError) || error.data['status'] !== 403) throw error;
      return { done: false, seen: reasonOf(error) };
    }
  });
}

export function until({ signal }: Scene, condition: string, look: () => Promise<Sight>): Promise<void> {
  return waitUntil(condition, look, { clock: systemClock, signal, failAfterMs: 3 * 60_000 });
}
