import type { WantedAddon } from '../addons/wanted.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys, type KubernetesFacts } from './facts.ts';

/**
 * What is wrong with the kernels of the nodes, as words that follow the name of the add-on; undefined when nothing is.
 * A machine that has not joined is not judged: its node, if there is one, tells of a system that is gone. Pure.
 */
export function oldKernels(
  { kernel }: Pick<WantedAddon, 'kernel'>,
  machines: readonly Pick<Machine, 'hostname' | 'annotations'>[],
  facts: KubernetesFacts,
): string | undefined {
  if (kernel === undefined || facts.state !== 'answers') return undefined;
  const joined = machines.filter(({ annotations }) => annotations[annotationKeys.joined] !== undefined);
  const old = joined.flatMap(({ hostname }) => {
    const runs = facts.nodes.get(hostname)?.kernel ?? '';
    return isOlder(runs, kernel.from) ? [`${hostname} runs ${runs}`] : [];
  });
  if (old.length === 0) return undefined;
  const others = old.length > shown ? ` and ${old.length - shown} more are too old` : '';
  return `needs Linux ${kernel.from} or newer for ${kernel.for}, and ${old.slice(0, shown).join(', ')}${others}`;
}

const shown = 5;

/** False where a kernel has a version that nobody can read: it is not held against it. */
function isOlder(runs: string, from: string): boolean {
  const [a, b] = [numbersOf(runs), numbersOf(from)];
  return a !== undefined && b !== undefined && (a.major - b.major || a.minor - b.minor) < 0;
}

function numbersOf(version: string): { major: number; minor: number } | undefined {
  const match = /^(\d{1,3})\.(\d{1,4})(?!\d)/.exec(version);
  return match ? { major: Number(match[1]), minor: Number(match[2]) } : undefined;
}
