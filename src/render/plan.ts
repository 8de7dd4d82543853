import { stages } from '../journal/events.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys } from '../plan/facts.ts';
import { isEmpty, type Plan } from '../plan/plan.ts';
import { circuitText } from './circuits.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';
import { type DeploymentTimes, wipeJson, wipeText } from './wipe.ts';
import { stageOf } from './words.ts';

type PlanOfSteps = Plan<{ id: string; title: string }>;

/** The plan machine by machine: what would be done, and what would be lost. */
export function planText(plan: PlanOfSteps, paint: Paint, times?: DeploymentTimes): string {
  const rows = plan.machines.map(({ machine, target, steps, isFresh }) => {
    const todo = todoText(steps) || paint('green', 'nothing to do');
    const fresh = isFresh ? paint('gray', `: ${freshText(machine)}`) : '';
    return [machine.hostname, machine.id, target.role, machine.statusName, `${todo}${fresh}`];
  });
  const refused = plan.refused.map(({ machine, role, refused: why }) => [
    machine.hostname,
    machine.id,
    role,
    machine.statusName,
    paint('yellow', `left alone: ${why}`),
  ]);
  const spares = plan.spares.map(({ machine, target }) => {
    const why = machine.annotations[annotationKeys.setAside];
    const text = why === undefined ? 'spare: takes the place of one that fails' : `set aside: ${why}`;
    return [machine.hostname, machine.id, target.role, machine.statusName, paint('gray', text)];
  });
  const heading = ['MACHINE', 'SYSTEM ID', 'ROLE', 'STATUS', 'TO DO'];
  return [
    formatTable([heading, ...rows, ...spares, ...refused]),
    circuitText(plan),
    addonText(plan, paint),
    wipeText(plan, paint, times),
    remarkText(plan, paint),
  ].join('');
}

/** Why a machine is not wiped once more. */
function freshText({ annotations }: Machine): string {
  const at = (annotations[annotationKeys.deployed] ?? '').slice(0, 16).replace('T', ' ');
  return `wiped at ${at} UTC, by the reset that this one goes on with`;
}

/** The add-ons, and what would be done with each. */
function addonText({ addons }: PlanOfSteps, paint: Paint): string {
  if (addons.length === 0) return '';
  const rows = addons.map(({ target, installed, change, loses }) => [
    target.name,
    installed?.version ?? '-',
    target.wanted?.version ?? '-',
    change === 'none' ? paint('green', 'nothing to do') : change,
    loses === undefined || change === 'none' ? '' : paint('red', loses),
  ]);
  return `\n${formatTable([['ADD-ON', 'INSTALLED', 'WANTED', 'TO DO', ''], ...rows])}`;
}

/** Stages that are all to be done by their name; of the others the steps. */
function todoText(steps: PlanOfSteps['machines'][number]['steps']): string {
  const words = stages.flatMap(stage => {
    const ofStage = steps.filter(({ step }) => stageOf(step.id) === stage);
    const todo = ofStage.filter(({ done }) => !done);
    return todo.length > 1 && todo.length === ofStage.length ? [stage] : todo.map(({ step }) => step.id);
  });
  return words.join(', ');
}

/** The machines that are left alone, a line each. */
export function refusedText({ refused }: PlanOfSteps, paint: Paint): string {
  return refused
    .map(({ machine, refused: why }) => `${paint('yellow', 'left alone:')} ${machine.hostname} ${why}\n`)
    .join('');
}

/** The same for programs. */
export function planJson(
  plan: PlanOfSteps,
  cluster: string,
  times?: DeploymentTimes,
): Record<string, unknown> {
  return {
    cluster,
    command: plan.intent,
    changes: !isEmpty(plan),
    problems: plan.problems,
    warnings: plan.warnings,
    machines: plan.machines.map(each => ({
      ...identityOf(each.machine),
      role: each.target.role,
      wipe: each.target.wipe,
      ...(each.isFresh ? { isFresh: true } : {}),
      ...(each.target.circuit ? { circuit: each.target.circuit } : {}),
      ...wipeJson(each, times),
      steps: each.steps.map(({ step, done }) => ({ id: step.id, title: step.title, done })),
    })),
    addons: plan.addons.map(({ target, installed, change, loses }) => ({
      name: target.name,
      installed: installed?.version ?? null,
      wanted: target.wanted?.version ?? null,
      change,
      ...(loses === undefined ? {} : { loses }),
    })),
    spares: plan.spares.map(({ machine, target }) => ({
      ...identityOf(machine),
      role: target.role,
      setAside: machine.annotations[annotationKeys.setAside] ?? null,
    })),
    refused: plan.refused.map(({ machine, role, refused }) => ({
      ...identityOf(machine),
      role,
      reason: refused,
    })),
  };
}

function identityOf(machine: Machine): { systemId: string; name: string; status: string } {
  return { systemId: machine.id, name: machine.hostname, status: machine.statusName };
}

/** Problems keep `up` from starting; warnings do not. */
export function remarkText({ problems, warnings }: PlanOfSteps, paint: Paint): string {
  const lines = [
    ...problems.map(problem => `${paint('red', 'problem:')} ${problem}\n`),
    ...warnings.map(warning => `${paint('yellow', 'warning:')} ${warning}\n`),
  ];
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}
