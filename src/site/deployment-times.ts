import type { SystemId } from '../core/ids.ts';
import type { MaasClient } from '../maas/client.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys } from '../plan/facts.ts';

/**
 * When machines were deployed that carry no note of coldstart, from the events of MAAS: in the region's local time, to
 * the minute. A machine whose event is too old is missing; so are all when MAAS does not tell.
 */
export async function deploymentTimes(
  client: Pick<MaasClient, 'events'>,
  machines: readonly Machine[],
): Promise<ReadonlyMap<SystemId, string>> {
  const ids = machines
    .filter(({ os, annotations }) => os && annotations[annotationKeys.deployed] === undefined)
    .map(({ id }) => id);
  const times = new Map<SystemId, string>();
  if (ids.length === 0) return times;
  // It is only shown: a plan without it is better than no plan.
  const events = await client.events({ ids, limit: 1000 }).catch(() => []);
  for (const { type, machine, regionMs } of events) {
    if (type !== 'Deployed' || regionMs === undefined) continue;
    times.set(machine, new Date(regionMs).toISOString().slice(0, 16).replace('T', ' '));
  }
  return times;
}
