import { formatDuration } from '../core/durations.ts';
import { stages } from '../journal/events.ts';
import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import { replacements } from './replaced.ts';
import { formatTable } from './table.ts';
import { stageOf } from './words.ts';

/** Durations per machine and stage, in milliseconds; a stage that a machine did not need is missing. */
function stageDurations(target: TargetView): Partial<Record<string, number>> {
  const sums: Record<string, number> = {};
  for (const { id, startedAt, endedAt } of target.steps) {
    if (startedAt === undefined || endedAt === undefined) continue;
    sums[stageOf(id)] = (sums[stageOf(id)] ?? 0) + endedAt - startedAt;
  }
  return sums;
}

/** The table at the end of a run: what took how long. */
export function summaryTable(view: RunView): string {
  const rows = [...view.targets.values()].map(target => {
    const sums = stageDurations(target);
    return [
      target.name,
      target.role,
      ...stages.map(stage => duration(sums[stage])),
      duration(totalOf(target)),
    ];
  });
  return formatTable([['MACHINE', 'ROLE', ...stages.map(stage => stage.toUpperCase()), 'TOTAL'], ...rows]);
}

/** Everything about a run that a program may want, for `-o json`. */
export function summaryJson(view: RunView): Record<string, unknown> {
  return {
    run: view.run,
    command: view.command,
    cluster: view.cluster,
    outcome: view.outcome,
    seconds: seconds((view.endedAt ?? view.startedAt) - view.startedAt),
    changes: view.changes.length,
    replaced: replacements(view),
    machines: [...view.targets.values()].filter(isMachine).map(target => ({
      systemId: target.target,
      name: target.name,
      role: target.role,
      ...(target.setAside ? { setAside: target.setAside } : {}),
      stages: Object.fromEntries(
        Object.entries(stageDurations(target)).map(([stage, ms]) => [stage, seconds(ms ?? 0)]),
      ),
      steps: target.steps.map(stepJson),
    })),
    addons: [...view.targets.values()]
      .filter(target => !isMachine(target))
      .map(target => ({
        name: target.name,
        seconds: seconds(totalOf(target) ?? 0),
        steps: target.steps.map(stepJson),
      })),
  };

  function seconds(ms: number): number {
    return Math.round(ms / 10) / 100;
  }
}

function isMachine({ role }: TargetView): boolean {
  return role !== 'add-on';
}

function stepJson({ id, state, attempt, error }: StepView): Record<string, unknown> {
  return { id, state, ...(attempt > 1 ? { attempts: attempt } : {}), ...(error ? { error } : {}) };
}

/** From the first step that the machine began to the end of its last one. */
function totalOf(target: TargetView): number | undefined {
  const times = target.steps.filter(({ startedAt }) => startedAt !== undefined);
  const first = times[0]?.startedAt;
  const last = times.at(-1)?.endedAt;
  return first === undefined || last === undefined ? undefined : last - first;
}

function duration(ms: number | undefined): string {
  return ms === undefined ? '-' : formatDuration(ms);
}
