import type { Stage } from '../journal/events.ts';
import type { StepState } from '../journal/fold.ts';
import type { Paint } from './paint.ts';

/** The stage of a step id: `hardware.deploy` is of `hardware`. */
export function stageOf(step: string): Stage {
  return step.slice(0, step.indexOf('.')) as Stage;
}

/** One character for a step's state. */
export function symbolOf(state: StepState, paint: Paint): string {
  switch (state) {
    case 'done':
    case 'already':
      return paint('green', '✓');
    case 'running':
      return paint('cyan', '●');
    case 'failed':
      return paint('red', '✗');
    case 'blocked':
      return paint('yellow', '‖');
    case 'stopped':
      return paint('yellow', '■');
    case 'waiting':
      return paint('gray', '·');
  }
}
