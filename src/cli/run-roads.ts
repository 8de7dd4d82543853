import type { Road } from '../engine/run.ts';
import type { TargetRecord } from '../journal/events.ts';
import type { AddonTarget, PlannedAddon } from '../plan/addons.ts';
import type { Plan, Target } from '../plan/plan.ts';
import { installAddon, removeAddon } from '../steps/configure/addon.ts';
import { addonOrder } from '../steps/order.ts';
import type { Known, World } from '../steps/ports.ts';
import type { Step } from '../steps/step.ts';

export interface PlannedRoads {
  roads: Road<Target | AddonTarget, Known, World>[];
  /** The same for the journal. */
  records: TargetRecord[];
}

/** What the engine is to walk, machines first. */
export function plannedRoads(plan: Plan<Step>): PlannedRoads {
  const addons = addonRoads(plan.addons);
  return {
    roads: [...plan.machines.map(roadOf), ...addons],
    records: [...plan.machines.map(targetRecord), ...addons.map(addonRecord)],
  };
}

function roadOf({ target, steps }: Plan<Step>['machines'][number]): Road<Target, Known, World> {
  return { target, id: target.id, steps: steps.map(({ step }) => step) };
}

/** An add-on waits for those it needs; one that is removed, for those that needed it. */
function addonRoads(planned: readonly PlannedAddon[]): Road<AddonTarget, Known, World>[] {
  const leaving = planned.filter(({ change }) => change === 'remove');
  return planned.map(({ target, change }) => {
    const needers =
      change === 'remove' ? leaving.filter(({ installed }) => installed?.needs.includes(target.name)) : [];
    return {
      target,
      id: target.id,
      steps: addonOrder.filter(step => step.applies(target)),
      after: [
        ...target.needs.map(name => `${installAddon.id} of addon/${name}`),
        ...needers.map(({ target: { id } }) => `${removeAddon.id} of ${id}`),
      ],
    };
  });
}

function addonRecord({ target, steps }: Road<AddonTarget, Known, World>): TargetRecord {
  return { target: target.id, name: target.name, role: 'add-on', steps: steps.map(({ id }) => id) };
}

function targetRecord({ target, steps }: Plan<Step>['machines'][number]): TargetRecord {
  return { target: target.id, name: target.name, role: target.role, steps: steps.map(({ step }) => step.id) };
}
