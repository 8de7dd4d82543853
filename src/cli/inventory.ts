import { hostVars } from '../inventory/inventory.ts';
import { siteInventory } from '../site/inventory.ts';
import { clusterKeyFile } from '../ssh/identity.ts';
import { type AppContext, printJson } from './context.ts';
import type { SiteFlags } from './flags.ts';
import { openFor } from './open.ts';

export interface InventoryFlags extends SiteFlags {
  list: boolean;
  host?: string;
}

export async function inventory(this: AppContext, flags: InventoryFlags): Promise<void> {
  const site = await openFor(this, flags);
  try {
    const groups = siteInventory(site, await site.observeDeployed(), {
      keyFile: clusterKeyFile(site.clusterDir),
    });
    // Ansible's contract for a host that is not there: an empty object.
    printJson(this, flags.host === undefined ? groups : (hostVars(groups, flags.host) ?? {}));
  } finally {
    site.close();
  }
}
