import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import { type Segment, workOf } from './segments.ts';

interface Place {
  target: TargetView;
  index: number;
  step: StepView;
}

/**
 * The chain of work that decided how long the run took, in order of time: from the step that ended last back over what
 * each step waited for. Nothing beside it could have made the run shorter.
 */
export function criticalPath(view: RunView): Segment[] {
  const path: Segment[] = [];
  let place = lastOf(view);
  let end = Number.POSITIVE_INFINITY;
  while (place) {
    const { target, step } = place;
    const to = Math.min(step.endedAt ?? view.lastAt, end);
    path.unshift(...workOf(target, step, to));
    const before = placeBefore(view, place);
    const startedAt = step.startedAt ?? view.startedAt;
    const from = before ? (before.step.endedAt ?? startedAt) : view.startedAt;
    if (startedAt - from >= unexplainedMs) path.unshift(gap(place, from));
    end = startedAt;
    place = before;
  }
  return path;
}

/** The time between two steps that nothing in the journal explains. */
const unexplainedMs = 50;

function gap({ target, step }: Place, from: number): Segment {
  return {
    target: target.target,
    step: step.id,
    part: step.id,
    kind: 'wait',
    from,
    to: step.startedAt ?? from,
  };
}

function lastOf(view: RunView): Place | undefined {
  let last: Place | undefined;
  for (const target of view.targets.values()) {
    for (const [index, step] of target.steps.entries()) {
      if (step.startedAt === undefined) continue;
      if (!last || endOf(step, view) > endOf(last.step, view)) last = { target, index, step };
    }
  }
  return last;
}

function endOf({ endedAt }: StepView, { lastAt }: RunView): number {
  return endedAt ?? lastAt;
}

/** What had to end before this could begin: what it waited for, else the step before it on the same road. */
function placeBefore(view: RunView, { target, index, step }: Place): Place | undefined {
  const awaited = step.waitedFor === undefined ? undefined : placeOf(view, step.waitedFor);
  if (awaited && began(awaited.step, step)) return awaited;
  for (let earlier = index - 1; earlier >= 0; earlier -= 1) {
    const before = target.steps[earlier];
    if (before && began(before, step)) return { target, index: earlier, step: before };
  }
  return undefined;
}

/** Time must run backwards along the path, or a damaged journal could lead in a circle. */
function began(before: StepView, step: StepView): boolean {
  return before.startedAt !== undefined && before.startedAt < (step.startedAt ?? 0);
}

/** Reads `STEP of TARGET`. */
function placeOf(view: RunView, waitedFor: string): Place | undefined {
  const [stepId = '', id = ''] = waitedFor.split(' of ');
  const target = view.targets.get(id);
  const index = target?.steps.findIndex(step => step.id === stepId) ?? -1;
  const step = target?.steps[index];
  return target && step ? { target, index, step } : undefined;
}
