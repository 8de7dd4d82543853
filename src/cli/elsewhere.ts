import type { Site } from '../compose.ts';
import { isSimulated } from '../lab/hardware.ts';
import { isEmpty, type Plan } from '../plan/plan.ts';
import type { Step } from '../steps/step.ts';

/**
 * Machines of a simulated lab that belongs to another COLDSTART_HOME. How far they go, and what stands in for SSH there, is
 * known where the lab was started; from here the run would wait for SSH that never answers.
 */
export function simulatedElsewhere({ lab }: Pick<Site, 'lab'>, plan: Plan<Step>): string[] {
  if (lab !== undefined || plan.intent !== 'up' || isEmpty(plan)) return [];
  const simulated = plan.machines.filter(({ machine }) => isSimulated(machine.hardware));
  const [first] = simulated;
  if (!first) return [];
  const names =
    simulated.length === 1
      ? `${first.target.name} is`
      : `${first.target.name} and ${simulated.length - 1} more are`;
  return [
    `${names} simulated, by a lab that is not the one of this COLDSTART_HOME: run coldstart with the COLDSTART_HOME that the lab was started with`,
  ];
}
