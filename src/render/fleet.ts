import { formatDuration } from '../core/durations.ts';
import type { Forecast } from '../history/forecast.ts';
import { stages } from '../journal/events.ts';
import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import { stageOf } from './words.ts';

/** How a whole fleet stands. */
export interface Stand {
  /** Targets by the stage that they are in; those that are done or failed are not among them. */
  counts: [stage: string, count: number][];
  done: number;
  failed: number;
  /** Others took their places; they are not counted elsewhere. */
  replaced: number;
  size: number;
}

export function standOf(view: RunView): Stand {
  const counts = new Map<string, number>(stages.map(stage => [stage, 0]));
  let done = 0;
  let failed = 0;
  let replaced = 0;
  for (const target of view.targets.values()) {
    const step = currentStep(target);
    if (!step) done += 1;
    else if (target.replacedBy !== undefined) replaced += 1;
    else if (step.state === 'failed' || step.state === 'blocked') failed += 1;
    else counts.set(stageOf(step.id), (counts.get(stageOf(step.id)) ?? 0) + 1);
  }
  return { counts: [...counts], done, failed, replaced, size: view.targets.size - replaced };
}

/** The same in one line, for logs: `500 machines: hardware 320, prepare 150, done 30; about 3 min 05 s left`. */
export function standText(view: RunView, { leftMs }: Forecast): string {
  const { counts, done, failed, replaced, size } = standOf(view);
  const ended = [
    ['done', done],
    ['replaced', replaced],
    ['failed', failed],
  ] as const;
  const places = [...counts, ...ended]
    .filter(([, count]) => count > 0)
    .map(([place, count]) => `${place} ${count}`);
  const left = leftMs === undefined ? '' : `; about ${formatDuration(leftMs)} left`;
  return `${size} machines and add-ons: ${places.join(', ')}${left}`;
}

/** The first step that is not done: the one that the machine stands at. */
export function currentStep(target: TargetView): StepView | undefined {
  return target.steps.find(({ state }) => state !== 'done' && state !== 'already');
}
