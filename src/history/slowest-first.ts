import type { Expectations } from './expect.ts';

/** What is to go through some steps. */
export interface Expectable {
  /** A machine's system id, or an add-on's. */
  id: string;
  steps: readonly { id: string }[];
}

/**
 * Those first that are expected to need the most time: they are what the others will be waited for with. Of what nothing is
 * known the order stays.
 */
export function slowestFirst<R extends Expectable>(roads: readonly R[], expectations: Expectations): R[] {
  const usualMs = ({ id, steps }: R): number =>
    steps.reduce((sum, step) => sum + (expectations.of(id, step.id)?.usualMs ?? 0), 0);
  const timed = roads.map(road => ({ road, ms: usualMs(road) }));
  return timed.sort((a, b) => b.ms - a.ms).map(({ road }) => road);
}
