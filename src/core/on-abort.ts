const actsBySignal = new WeakMap<AbortSignal, Set<() => void>>();

/**
 * Calls `act` when the signal, which is not aborted yet, is; what is given back takes that back. Thousands may wait for one
 * signal, which looks through all its listeners for every new one and every one that leaves: so it has one for all of them.
 */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const acts = actsOf(signal);
  acts.add(act);
  return () => void acts.delete(act);
}

function actsOf(signal: AbortSignal): Set<() => void> {
  const known = actsBySignal.get(signal);
  if (known) return known;
  const acts = new Set<() => void>();
  actsBySignal.set(signal, acts);
  const callAll = (): void => {
    for (const act of acts) act();
  };
  signal.addEventListener('abort', callAll, { once: true });
  return acts;
}
