import { openSite, type Site } from '../compose.ts';
import { type AppContext, note } from './context.ts';
import type { SiteFlags } from './flags.ts';

/** Opens the site that a command's flags, the environment and cluster.yaml describe, and shows what is odd about them. */
export async function openFor(context: AppContext, flags: SiteFlags): Promise<Site> {
  const site = await openSite({ env: context.env, cwd: context.cwd, ...flags });
  for (const warning of site.loaded.warnings)
    note(context, `${context.paint.err('yellow', 'warning:')} ${warning}`);
  return site;
}
