import { inOrderOfCreation, type ObjectStore } from '../cluster/apply.ts';
import type { Helm } from '../helm/helm.ts';
import type { PinnedAddon } from '../plan/addons.ts';
import { objectsIn } from './manifests.ts';

/**
 * Brings the kinds of a chart that is there to those of its next version, which Helm leaves alone:
 * https://helm.sh/docs/chart_best_practices/custom_resource_definitions/
 */
export async function upgradeDefinitions(
  objects: Pick<ObjectStore, 'apply'>,
  helm: Pick<Helm, 'definitions'>,
  addon: Pick<PinnedAddon, 'name' | 'namespace' | 'source'>,
  signal: AbortSignal,
): Promise<void> {
  if (addon.source.kind !== 'chart') return;
  const text = await helm.definitions(addon, addon.source.chart, signal);
  const definitions = objectsIn(text, `of the definitions of the chart ${addon.name}`);
  for (const object of inOrderOfCreation(definitions)) await objects.apply(object, addon.namespace, signal);
}
