import { stages } from '../journal/events.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys } from '../plan/facts.ts';
import { isEmpty, type Plan } from '../plan/plan.ts';
import { circuitText } from './circuits.ts';
import type { Paint } from './paint.ts';
import { formatTable } from './table.ts';
import { stageOf } from './words.ts';

type PlanOfSteps = Plan<{ id: string; title: string }>;

/** The plan machine by machine: what would be done, and what would be lost. */
export function planText(plan: PlanOfSteps, paint: Paint): string {
  const rows = plan.machines.map(({ machine, target, steps }) => {
    const todo = todoText(steps);
    return [
      machine.hostname,
      machine.id,
      target.role,
      machine.statusName,
      todo === '' ? paint('green', 'nothing to do') : todo,
    ];
  });
  const refused = plan.refused.map(({ machine, role, refused: why }) => [
    machine.hostname,
    machine.id,
    role,
    machine.statusName,
    paint('yellow', `left alone: ${why}`),
  ]);
  const heading = ['MACHINE', 'SYSTEM ID', 'ROLE', 'STATUS', 'TO DO'];
  return [
    formatTable([heading, ...rows, ...refused]),
    circuitText(plan),
    addonText(plan, paint),
    wipeText(plan, paint),
    remarkText(plan, paint),
  ].join('');
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

/** What is lost, disk by disk. */
function wipeText(plan: PlanOfSteps, paint: Paint): string {
  const wiped = plan.machines.filter(({ target }) => target.wipe);
  if (wiped.length === 0) return '';
  const rows = wiped.map(({ machine }) => [
    `  ${machine.hostname}`,
    machine.hardware.serial || machine.id,
    machine.os ? `${machine.os.system}/${machine.os.series}` : 'no system',
    machine.owner ?? 'no owner',
    machine.annotations[annotationKeys.cluster] === undefined && machine.os
      ? paint('red', 'not deployed by coldstart')
      : '',
    disksOf(machine),
  ]);
  return `\n${paint('red', 'Everything on these machines will be lost:')}\n${formatTable(rows)}`;
}

/** The same for programs. */
export function planJson(plan: PlanOfSteps, cluster: string): Record<string, unknown> {
  return {
    cluster,
    command: plan.intent,
    changes: !isEmpty(plan),
    problems: plan.problems,
    warnings: plan.warnings,
    machines: plan.machines.map(({ machine, target, steps }) => ({
      ...identityOf(machine),
      role: target.role,
      wipe: target.wipe,
      ...(target.circuit ? { circuit: target.circuit } : {}),
      ...(target.wipe ? { disks: machine.disks, os: machine.os ?? null, owner: machine.owner ?? null } : {}),
      steps: steps.map(({ step, done }) => ({ id: step.id, title: step.title, done })),
    })),
    addons: plan.addons.map(({ target, installed, change, loses }) => ({
      name: target.name,
      installed: installed?.version ?? null,
      wanted: target.wanted?.version ?? null,
      change,
      ...(loses === undefined ? {} : { loses }),
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

function disksOf({ disks }: Machine): string {
  if (disks.length === 0) return 'disks unknown';
  return disks
    .map(({ name, model, sizeBytes }) => `${name} ${gigabytes(sizeBytes)}${model ? ` ${model}` : ''}`)
    .join(', ');
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(bytes < 10e9 ? 1 : 0)} GB`;
}
