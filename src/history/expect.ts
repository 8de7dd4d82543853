import type { History, MachineHistory } from './history.ts';
import type { Part } from './parts.ts';
import { median, quantile } from './statistics.ts';

/** How long something is expected to take, in milliseconds. */
export interface Expected {
  usualMs: number;
  p90Ms: number;
  longestMs: number;
  /** How many durations this is made of: of the machine itself, or machines when it has none. */
  samples: number;
  from: 'itself' | 'peers';
}

/** What history says about the time that is to come. */
export interface Expectations {
  /** Undefined when neither the machine nor any other was ever seen doing it. */
  of(target: string, part: Part): Expected | undefined;
}

/**
 * Each machine's own durations; where it has none, those of the others, a median of each. Of an add-on only its own: another
 * one says nothing about it.
 */
export function expectationsOf({ machines, addons }: Pick<History, 'machines' | 'addons'>): Expectations {
  const peers = new Map<Part, Expected | undefined>();
  const ofPeers = (part: Part): Expected | undefined => {
    if (!peers.has(part)) peers.set(part, summary(mediansOf(machines, part), 'peers'));
    return peers.get(part);
  };
  const own = new Map<Part, Map<string, Expected | undefined>>();
  const ofItself = (target: string, part: Part): Expected | undefined => {
    const known = own.get(part) ?? new Map<string, Expected | undefined>();
    own.set(part, known);
    // Asked again and again for thousands of machines while a run is shown.
    if (!known.has(target))
      known.set(target, summary((machines.get(target) ?? addons.get(target))?.samples[part], 'itself'));
    return known.get(target);
  };
  return { of: (target, part) => ofItself(target, part) ?? ofPeers(part) };
}

function mediansOf(machines: ReadonlyMap<string, MachineHistory>, part: Part): number[] {
  return [...machines.values()].flatMap(({ samples: { [part]: samples } }) =>
    samples && samples.length > 0 ? [median(samples)] : [],
  );
}

function summary(samples: readonly number[] | undefined, from: Expected['from']): Expected | undefined {
  if (!samples || samples.length === 0) return undefined;
  return {
    usualMs: median(samples),
    p90Ms: quantile(samples, 0.9),
    longestMs: Math.max(...samples),
    samples: samples.length,
    from,
  };
}
