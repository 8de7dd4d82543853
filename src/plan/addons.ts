import type { InstalledAddon } from '../addons/installed.ts';
import { neededBy, type WantedAddon } from '../addons/wanted.ts';
import type { KubernetesFacts } from './facts.ts';

/** A wanted add-on with what only its files can tell. */
export interface PinnedAddon extends WantedAddon {
  version: string;
  /** Hash of everything that it is made of. */
  fingerprint: string;
}

/** The add-on that a step works on. */
export interface AddonTarget {
  /** `addon/NAME` */
  id: string;
  name: string;
  /** Undefined when it is to be removed. */
  wanted: PinnedAddon | undefined;
  /** Names of wanted add-ons that must be ready first. */
  needs: string[];
}

export interface PlannedAddon {
  target: AddonTarget;
  change: 'install' | 'upgrade' | 'remove' | 'none';
  installed: InstalledAddon | undefined;
  /** What is lost, as a sentence. */
  loses: string | undefined;
}

/** What must happen with every add-on that is wanted or there. Pure. */
export function planAddons(wanted: readonly PinnedAddon[], facts: KubernetesFacts): PlannedAddon[] {
  const there = addonsIn(facts);
  const leaving = [...there.values()].filter(({ name }) => !wanted.some(addon => addon.name === name));
  return [
    ...wanted.map((addon): PlannedAddon => {
      const installed = there.get(addon.name);
      const target = { ...identity(addon.name), wanted: addon, needs: neededBy(addon, wanted) };
      if (installed === undefined) return { target, change: 'install', installed, loses: undefined };
      const change = isInstalled(addon, facts) ? 'none' : 'upgrade';
      return {
        target,
        change,
        installed,
        loses: isReplaced(addon, installed) ? installed.losesData : undefined,
      };
    }),
    ...leaving.map((installed): PlannedAddon => {
      const target = { ...identity(installed.name), wanted: undefined, needs: [] };
      return { target, change: 'remove', installed, loses: installed.losesData };
    }),
  ];
}

/** Whether an add-on is in the cluster exactly as it is wanted. */
export function isInstalled({ name, fingerprint }: PinnedAddon, facts: KubernetesFacts): boolean {
  const installed = addonsIn(facts).get(name);
  return installed !== undefined && installed.deployed && installed.fingerprint === fingerprint;
}

/** Neither Helm nor an apply can move it from what it was: the old one is removed first. */
export function isReplaced(wanted: WantedAddon, installed: InstalledAddon): boolean {
  return installed.kind !== wanted.source.kind || installed.namespace !== wanted.namespace;
}

export function addonsIn(facts: KubernetesFacts): ReadonlyMap<string, InstalledAddon> {
  return facts.state === 'answers' ? facts.addons : new Map();
}

function identity(name: string): Pick<AddonTarget, 'id' | 'name'> {
  return { id: `addon/${name}`, name };
}
