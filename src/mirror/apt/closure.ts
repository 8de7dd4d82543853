import type { DebianPackage } from './control.ts';
import { compareDebianVersions, matchesVersion } from './version.ts';

export interface Closure {
  packages: DebianPackage[];
  /** Names or `NAME=PATTERN` that no repository has, with who needs them. */
  missing: { name: string; neededBy: string }[];
}

/**
 * The wanted packages with everything that they depend on, in the newest version that there is: also what most machines
 * have already, since nobody knows here what theirs have. `wanted`: `NAME` or `NAME=PATTERN`, as for apt. Of
 * alternatives, the first one that exists is taken, as apt does. Pure.
 */
export function closureOf(wanted: readonly string[], available: readonly DebianPackage[]): Closure {
  const shelf = new Shelf(available);
  const chosen = new Map<string, DebianPackage>();
  const missing = new Map<string, string>();
  const queue = wanted.map(want => ({ alternatives: [want], neededBy: 'cluster.yaml' }));
  for (let next = queue.shift(); next; next = queue.shift()) {
    const { alternatives, neededBy } = next;
    if (alternatives.some(name => chosen.has(name))) continue;
    const found = shelf.first(alternatives);
    if (!found) missing.set(alternatives.join(' | '), neededBy);
    else if (!chosen.has(found.name)) {
      chosen.set(found.name, found);
      queue.push(...found.depends.map(each => ({ alternatives: [...each], neededBy: found.name })));
    }
  }
  return {
    packages: [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    missing: [...missing].map(([name, neededBy]) => ({ name, neededBy })),
  };
}

class Shelf {
  readonly #byName: Map<string, DebianPackage[]>;
  readonly #byProvided: Map<string, DebianPackage[]>;

  constructor(available: readonly DebianPackage[]) {
    this.#byName = groupBy(available, each => [each.name]);
    this.#byProvided = groupBy(available, each => each.provides);
  }

  first(alternatives: readonly string[]): DebianPackage | undefined {
    for (const alternative of alternatives) {
      const [name = '', pattern] = alternative.split('=');
      const real = this.#byName.get(name) ?? [];
      const fitting =
        pattern === undefined ? real : real.filter(each => matchesVersion(each.version, pattern));
      const found =
        newest(fitting) ?? (pattern === undefined ? newest(this.#byProvided.get(name)) : undefined);
      if (found) return found;
    }
    return undefined;
  }
}

function newest(packages: readonly DebianPackage[] = []): DebianPackage | undefined {
  return packages.reduce<DebianPackage | undefined>(
    (best, each) => (best && compareDebianVersions(best.version, each.version) >= 0 ? best : each),
    undefined,
  );
}

function groupBy(
  packages: readonly DebianPackage[],
  keysOf: (each: DebianPackage) => readonly string[],
): Map<string, DebianPackage[]> {
  const groups = new Map<string, DebianPackage[]>();
  for (const each of packages) {
    for (const key of keysOf(each)) {
      const group = groups.get(key);
      if (group) group.push(each);
      else groups.set(key, [each]);
    }
  }
  return groups;
}
