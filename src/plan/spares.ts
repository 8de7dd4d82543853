import type { ClusterConfig } from '../config/schema.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys, type Role } from './facts.ts';

interface Usable {
  machine: Machine;
  role: Role;
}

type SparesConfig = Pick<ClusterConfig, 'name' | 'machines'>;

/**
 * Machines beyond the wanted counts, which only take the place of one that fails. Machines that are in the cluster already
 * are never spares, also when there are more of them than wanted; one that was set aside is, as long as others do.
 */
export function sparesOf(config: SparesConfig, usable: readonly Usable[]): ReadonlySet<SystemId> {
  const spares = (['control-plane', 'worker'] as const).flatMap(role => {
    const wanted = wantedCount(config, role);
    if (wanted === undefined) return [];
    const ranked = usable
      .filter(each => each.role === role)
      .map(({ machine }) => ({ machine, rank: rankOf(machine, config.name) }))
      .sort((a, b) => a.rank - b.rank);
    return ranked.filter(({ rank }, index) => index >= wanted && rank > ranks.begun);
  });
  return new Set(spares.map(({ machine }) => machine.id));
}

/** How many machines of a role are wanted; undefined when all that carry the tag are. */
export function wantedCount({ machines }: SparesConfig, role: Role): number | undefined {
  return role === 'control-plane' ? machines.controlPlane.count : machines.workers.count;
}

/** The smaller, the rather it is used. Machines of the same rank keep their order. */
const ranks = { joined: 0, begun: 1, deployed: 2, ready: 3, other: 4, setAside: 5 } as const;

function rankOf({ status, annotations }: Machine, cluster: string): number {
  if (annotations[annotationKeys.setAside] !== undefined) return ranks.setAside;
  if (annotations[annotationKeys.joined] === cluster) return ranks.joined;
  if (status === 'failed_deployment') return ranks.other;
  if (annotations[annotationKeys.cluster] === cluster) return ranks.begun;
  if (status === 'deployed') return ranks.deployed;
  return status === 'ready' ? ranks.ready : ranks.other;
}
