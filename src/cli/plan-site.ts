import { playbookVariables } from '../cluster/playbook-variables.ts';
import type { Site } from '../compose.ts';
import type { Intent } from '../plan/assess.ts';
import type { Facts } from '../plan/facts.ts';
import { type Plan, planCluster } from '../plan/plan.ts';
import { createFactStore } from '../site/fact-store.ts';
import { configuredHash, preparedHash } from '../site/hashes.ts';
import { pinAddons } from '../site/pin-addons.ts';
import { order } from '../steps/order.ts';
import type { Known } from '../steps/ports.ts';
import type { Step } from '../steps/step.ts';

export interface SitePlan {
  plan: Plan<Step>;
  facts: Facts;
  settings: Known['settings'];
  /** What simulated machines cannot do is left out of the plan. */
  hardwareOnly: boolean;
}

/** One observation of MAAS and Kubernetes, and what follows from it. Changes nothing. */
export async function planSite(site: Site, intent: Intent): Promise<SitePlan> {
  const facts = await site.observe();
  const variables = playbookVariables(site.config);
  const settings = {
    cluster: site.config.name,
    preparedHash: preparedHash(variables),
    configuredHash: configuredHash(variables),
  };
  const hardwareOnly = site.lab?.machines === 'simulated';
  const steps = hardwareOnly ? order.filter(({ id }) => hardwareWithoutSystem.includes(id)) : order;
  const addons = hardwareOnly ? [] : await pinAddons(site.config);
  const known: Known = { settings, facts: createFactStore(facts) };
  return {
    plan: planCluster({ intent, config: site.config, facts, order: steps, known, addons }),
    facts,
    settings,
    hardwareOnly,
  };
}

/** The steps that end before an operating system is talked to. */
const hardwareWithoutSystem: readonly string[] = ['hardware.release', 'hardware.allocate', 'hardware.deploy'];
