import type { Site } from '../compose.ts';
import { newestRun } from '../history/store.ts';
import type { Plan } from '../plan/plan.ts';
import { planJson } from '../render/plan.ts';
import { shortHash } from '../site/hashes.ts';
import { type Origin, readSavedPlan, type SavedPlan, savePlan } from '../site/saved-plan.ts';
import type { Step } from '../steps/step.ts';
import { version } from '../version.ts';
import type { SitePlan } from './plan-site.ts';

/** Keeps a plan for `up --plan`. `seenAt`: when MAAS was asked. */
export async function saveSitePlan(
  file: string,
  site: Site,
  { plan, facts }: SitePlan,
  seenAt: Date,
): Promise<void> {
  await savePlan(file, {
    ...(await originOf(site)),
    seenAt: seenAt.toISOString(),
    machines: [...facts.machines.values()],
    shown: shownHash(site, plan),
  });
}

/** Errors: PLAN_UNUSABLE. */
export async function openSavedPlan(file: string, site: Site): Promise<SavedPlan> {
  return readSavedPlan(file, await originOf(site));
}

/** Hash of everything that is shown of a plan. */
export function shownHash({ config }: Site, plan: Plan<Step>): string {
  return shortHash(planJson(plan, config.name));
}

async function originOf({ client, config, clusterDir }: Site): Promise<Origin> {
  return {
    coldstart: version,
    maas: client.url,
    cluster: config.name,
    newestRun: await newestRun(clusterDir),
  };
}
