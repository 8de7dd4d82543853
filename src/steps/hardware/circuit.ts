import type { Machine } from '../../maas/machine.ts';
import type { Target } from '../../plan/plan.ts';
import type { Step } from '../step.ts';

/**
 * The limit of the machine's circuit, for a step that switches it on. It counts until MAAS shows the power on, so
 * that slow power controllers cannot bring two starts together. Power that MAAS cannot see counts as on at once.
 */
export function withinCircuit(
  switchesOn: (machine: Machine, target: Target) => boolean,
): NonNullable<Step['limit']> {
  return {
    of: (target, { facts }) => (switchesOn(facts.machine(target.id), target) ? target.circuit : undefined),
    begun: ({ id }, { facts }) => facts.machine(id).powerState !== 'off',
  };
}
