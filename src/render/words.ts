import type { Stage } from '../journal/events.ts';
import type { StepState } from '../journal/fold.ts';
import type { Paint } from './paint.ts';

/** The stage of a step id: `hardware.deploy` is of `hardware`. */
export function stageOf(step: string): Stage {
  return step.slice(0, step.indexOf('.')) as Stage;
}

const symbols = {
  done: ['green', '✓'],
  already: ['green', '✓'],
  running: ['cyan', '●'],
  failed: ['red', '✗'],
  blocked: ['yellow', '‖'],
  stopped: ['yellow', '■'],
  waiting: ['gray', '·'],
} as const;

/** One character for a step's state. */
export function symbolOf(state: StepState, paint: Paint): string {
  const [style, symbol] = symbols[state];
  return paint(style, symbol);
}
