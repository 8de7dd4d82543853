import type { ClusterConfig } from '../config/schema.ts';
import type { Facts } from './facts.ts';

/** What machines on one breaker or PDU may do together. */
export interface Circuit {
  /** `circuit a` */
  name: string;
  atOnce: number;
  gapMs: number;
}

type PowerConfig = Pick<ClusterConfig, 'power'>;

/** The circuit that a machine hangs on, by its host name; undefined when no circuit names it. */
export function circuitOf({ power }: PowerConfig, hostname: string): Circuit | undefined {
  const found = Object.entries(power.circuits).find(([, { machines }]) =>
    machines.some(name => isSameName(name, hostname)),
  );
  if (!found) return undefined;
  const [name, { atOnce, gapSeconds }] = found;
  return { name: `circuit ${name}`, atOnce, gapMs: gapSeconds * 1000 };
}

/** Names below circuits that no tagged machine has: a slip there would leave a machine without its limit. */
export function unknownInCircuits(
  { power }: PowerConfig,
  { machines }: Pick<Facts, 'machines'>,
): { path: string; name: string }[] {
  const known = [...machines.values()].map(({ hostname }) => hostname);
  return Object.entries(power.circuits).flatMap(([circuit, { machines: names }]) =>
    names.flatMap((name, index) =>
      known.some(hostname => isSameName(name, hostname))
        ? []
        : [{ path: `power.circuits.${circuit}.machines.${index}`, name }],
    ),
  );
}

function isSameName(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
