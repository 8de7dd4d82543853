import semver from 'semver';
import { inCatalogue, versionOf } from '../addons/wanted.ts';
import { openSite, type Site } from '../compose.ts';
import { reasonOf } from '../core/errors.ts';
import { type PlannedAddon, planAddons } from '../plan/addons.ts';
import type { Facts } from '../plan/facts.ts';
import { formatTable } from '../render/table.ts';
import { createAddons } from '../site/addons.ts';
import { createFactStore } from '../site/fact-store.ts';
import { pinAddons } from '../site/pin-addons.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';

interface AddonRow {
  name: string;
  wanted: string | null;
  installed: string | null;
  change: PlannedAddon['change'];
  /** Null where it is not installed, or cannot be told. */
  ready: boolean | null;
  seen: string;
  /** A newer version in the catalogue than the one that is wanted. */
  upgrade: string | null;
}

/** What is wanted, what is there, and whether it works. */
export async function addons(this: AppContext, flags: ReadFlags): Promise<void> {
  const site = await openSite({ env: this.env, cwd: this.cwd, ...flags });
  try {
    const facts = await site.observe();
    const planned = planAddons(await pinAddons(site.config, facts), facts.kubernetes);
    const rows = await Promise.all(planned.map(each => rowOf(each, site, facts)));
    if (flags.output === 'json') printJson(this, { cluster: site.config.name, addons: rows });
    else if (rows.length === 0) print(this, 'No add-ons are wanted, and none are there.');
    else print(this, tableOf(rows));
  } finally {
    site.close();
  }
}

async function rowOf(planned: PlannedAddon, site: Site, facts: Facts): Promise<AddonRow> {
  const { target, installed, change } = planned;
  const definition = inCatalogue(target.name);
  const newest = definition && versionOf(definition.source);
  const version = target.wanted?.version ?? installed?.version;
  const newer = semver.valid(newest) && semver.valid(version) && semver.gt(newest ?? '', version ?? '');
  return {
    name: target.name,
    wanted: target.wanted?.version ?? null,
    installed: installed?.version ?? null,
    change,
    ...(await readinessOf(planned, site, facts)),
    upgrade: newer && newest !== undefined ? newest : null,
  };
}

async function readinessOf(
  { target: { wanted }, installed }: PlannedAddon,
  { kubernetes, helm }: Site,
  facts: Facts,
): Promise<Pick<AddonRow, 'ready' | 'seen'>> {
  if (!installed || !wanted)
    return { ready: null, seen: installed ? 'not in the file any more' : 'not installed' };
  try {
    const { done, seen } = await createAddons({ kubernetes, helm, store: createFactStore(facts) }).look(
      wanted,
    );
    return { ready: done, seen };
  } catch (error) {
    return { ready: null, seen: reasonOf(error) };
  }
}

function tableOf(rows: readonly AddonRow[]): string {
  const lines = rows.map(({ name, wanted, installed, change, ready, seen, upgrade }) => [
    name,
    wanted ?? '-',
    installed ?? '-',
    change === 'none' ? '-' : change,
    ready === null ? '-' : ready ? 'yes' : 'no',
    upgrade ?? '-',
    seen,
  ]);
  return formatTable([['ADD-ON', 'WANTED', 'INSTALLED', 'TO DO', 'READY', 'UPGRADE', ''], ...lines]);
}
