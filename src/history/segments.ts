import type { RunView, StepView, TargetView } from '../journal/fold.ts';
import { type Part, partOf, partsOfSteps } from './parts.ts';

/** A stretch of one target's time. Times are milliseconds since the epoch. */
export interface Segment {
  target: string;
  step: string;
  part: Part;
  kind: 'work' | 'wait';
  from: number;
  to: number;
  /** Of a wait: what was waited for, as `STEP of TARGET`, where the journal says so. */
  waitedFor?: string;
}

/** Shorter waits are the time that the program itself takes between two steps. */
const shortestWaitMs = 50;

/** Where the time of a machine or add-on went, in order and without overlaps. A running step lasts until `now`. */
export function segmentsOf(view: RunView, target: TargetView, now = view.endedAt ?? view.lastAt): Segment[] {
  const segments: Segment[] = [];
  let until = view.startedAt;
  for (const step of target.steps) {
    if (step.startedAt === undefined) continue;
    if (step.startedAt - until >= shortestWaitMs) segments.push(waitBefore(target, step, until));
    segments.push(...workOf(target, step, step.endedAt ?? now));
    until = step.endedAt ?? now;
  }
  return segments;
}

/** The work of one step: its parts, where they are known. */
export function workOf(target: TargetView, step: StepView, to: number): Segment[] {
  const from = step.startedAt ?? to;
  const whole: Segment = { target: target.target, step: step.id, part: step.id, kind: 'work', from, to };
  const parts = partsOfSteps[step.id] ?? [];
  const marks = target.marks.filter(({ part, at }) => at < to && parts.includes(part));
  const [first] = marks;
  if (!first) return [whole];
  // What happens before the machine is powered on is too short to be told apart.
  const begin = first.part === 'post' ? from : Math.max(from, first.at);
  const segments = marks.map((mark, index) => ({
    ...whole,
    part: partOf(step.id, mark.part),
    from: index === 0 ? begin : Math.max(begin, mark.at),
    to: Math.max(begin, marks[index + 1]?.at ?? to),
  }));
  const all = begin > from ? [{ ...whole, to: begin }, ...segments] : segments;
  return all.filter(each => each.to > each.from);
}

function waitBefore({ target }: TargetView, step: StepView, from: number): Segment {
  return {
    target,
    step: step.id,
    part: step.id,
    kind: 'wait',
    from,
    to: step.startedAt ?? from,
    ...(step.waitedFor === undefined ? {} : { waitedFor: step.waitedFor }),
  };
}
