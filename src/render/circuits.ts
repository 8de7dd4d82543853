import { formatDuration } from '../core/durations.ts';
import type { Circuit } from '../plan/circuits.ts';
import type { Plan } from '../plan/plan.ts';

type PlanOfSteps = Plan<{ id: string }>;

/** Which machines will be started, circuit by circuit, and how far apart; empty where nothing limits a start. */
export function circuitText({ machines }: PlanOfSteps): string {
  const starting = new Map<string, { circuit: Circuit; names: string[] }>();
  for (const { target, steps } of machines) {
    const todo = steps.filter(({ done }) => !done).map(({ step }) => step.id);
    if (!target.circuit || !todo.some(step => mayStart(step, target.erase !== undefined))) continue;
    const group = starting.get(target.circuit.name) ?? { circuit: target.circuit, names: [] };
    group.names.push(target.name);
    starting.set(target.circuit.name, group);
  }
  const lines = [...starting.values()].map(({ circuit, names }) => {
    const { name, atOnce, gapMs } = circuit;
    return `${name} starts ${atOnce} at once, ${formatDuration(gapMs)} apart: ${names.join(', ')}\n`;
  });
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** Whether a step may switch a machine on. */
function mayStart(step: string, erases: boolean): boolean {
  return (
    step === 'hardware.deploy' || step === 'hardware.power-on' || (erases && step === 'hardware.release')
  );
}
