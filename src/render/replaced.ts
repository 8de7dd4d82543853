import type { RunView } from '../journal/fold.ts';

/** `with node-02 replaced by node-04, without node-03`; empty when every machine did what it should. */
export function replacedText(view: RunView): string {
  const replaced = replacements(view).map(({ machine, by }) => `${machine} replaced by ${by}`);
  const lost = lostMachines(view);
  return [
    ...(replaced.length > 0 ? [`with ${replaced.join(', ')}`] : []),
    ...(lost.length > 0 ? [`without ${lost.join(', ')}`] : []),
  ].join(', ');
}

export function replacements({ targets }: RunView): { machine: string; by: string; because: string }[] {
  return [...targets.values()].flatMap(({ name, replacedBy, setAside }) =>
    replacedBy === undefined
      ? []
      : [
          {
            machine: name,
            by: targets.get(replacedBy)?.name ?? replacedBy,
            because: setAside?.because ?? '',
          },
        ],
  );
}

function lostMachines({ targets }: RunView): string[] {
  return [...targets.values()]
    .filter(
      ({ replacedBy, steps }) => replacedBy === undefined && steps.some(({ state }) => state === 'failed'),
    )
    .map(({ name }) => name);
}
