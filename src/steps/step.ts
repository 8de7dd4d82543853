import type { StepDefinition } from '../engine/step.ts';
import type { AddonTarget } from '../plan/addons.ts';
import type { Target } from '../plan/plan.ts';
import type { Known, World } from './ports.ts';

export type Step = StepDefinition<Target, Known, World>;

/** A step of an add-on's road. */
export type AddonStep = StepDefinition<AddonTarget, Known, World>;

/** Declares a step of a machine's road; see steps/order.ts. */
export function defineStep(step: Step): Step {
  return step;
}
