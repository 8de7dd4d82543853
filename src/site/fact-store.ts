import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import type { Facts, KubernetesFacts } from '../plan/facts.ts';

/** The newest that is known of every machine: the first observation, kept current by every later look. */
export interface FactStore {
  readonly user: string;
  machine(id: SystemId): Machine;
  machines(): Machine[];
  learnMachine(machine: Machine): void;
  kubernetes(): KubernetesFacts;
  learnKubernetes(facts: KubernetesFacts): void;
}

export function createFactStore(first: Facts): FactStore {
  const machines = new Map(first.machines);
  let kubernetes = first.kubernetes;
  return {
    user: first.user,
    machine(id) {
      const machine = machines.get(id);
      if (!machine) throw new ColdstartError('MAAS_GONE', `the machine ${id} is not known`);
      return machine;
    },
    machines: () => [...machines.values()],
    learnMachine: machine => void machines.set(machine.id, machine),
    kubernetes: () => kubernetes,
    learnKubernetes: facts => {
      kubernetes = facts;
    },
  };
}
