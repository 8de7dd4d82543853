import { playbookVariables } from '../cluster/playbook-variables.ts';
import type { Site } from '../compose.ts';
import { closest } from '../config/suggest.ts';
import { errorCodes } from '../core/errors.ts';
import { unfinishedReset } from '../history/unfinished.ts';
import { type Stage, stages } from '../journal/events.ts';
import type { PinnedAddon } from '../plan/addons.ts';
import type { Intent } from '../plan/assess.ts';
import { unknownInCircuits } from '../plan/circuits.ts';
import type { Facts } from '../plan/facts.ts';
import { oldKernels } from '../plan/kernels.ts';
import { type EraseKind, isEmpty, type Plan, planCluster } from '../plan/plan.ts';
import { checkAddressClaims } from '../site/address-claims.ts';
import { findBmcs } from '../site/bmc-targets.ts';
import { createFactStore } from '../site/fact-store.ts';
import { configuredHash, preparedHash } from '../site/hashes.ts';
import { pinAddons } from '../site/pin-addons.ts';
import { machinesOf, requireAsShown } from '../site/saved-plan.ts';
import { deploymentSteps, order } from '../steps/order.ts';
import type { Known } from '../steps/ports.ts';
import type { Step } from '../steps/step.ts';
import { simulatedElsewhere } from './elsewhere.ts';
import { openSavedPlan, shownHash } from './saved-plan.ts';

export interface SitePlan {
  plan: Plan<Step>;
  facts: Facts;
  settings: Known['settings'];
}

export interface PlanSiteOptions {
  /** How the disks of released machines are erased. */
  erase?: EraseKind | undefined;
  /** The last stage; all of them when missing. */
  through?: Stage | undefined;
  /** File of the plan that is to be carried out: MAAS is not asked for what it told then. */
  saved?: string | undefined;
}

/**
 * One observation of MAAS and Kubernetes, and what follows from it. Changes nothing. Errors: PLAN_UNUSABLE when something else
 * follows than the saved plan says.
 */
export async function planSite(
  site: Site,
  intent: Intent,
  { saved, ...options }: PlanSiteOptions = {},
): Promise<SitePlan> {
  if (saved === undefined) return planFrom(site, intent, await site.observe(), options);
  const before = await openSavedPlan(saved, site);
  const planned = await planFrom(site, intent, await site.observe(machinesOf(before)), options);
  requireAsShown(saved, before, shownHash(site, planned.plan));
  return planned;
}

async function planFrom(
  site: Site,
  intent: Intent,
  facts: Facts,
  { erase, through = 'configure' }: PlanSiteOptions,
): Promise<SitePlan> {
  const variables = playbookVariables(site.config);
  const settings = {
    cluster: site.config.name,
    preparedHash: preparedHash(variables),
    configuredHash: configuredHash(variables),
  };
  const hardwareOnly = reachOf(site) === 'hardware';
  const steps = stepsThrough(through).filter(({ id }) => !hardwareOnly || deploymentSteps.includes(id));
  const wanted = await pinAddons(site.config, facts);
  // There is nothing on simulated machines that could run them.
  const addons = reachOf(site) === 'everything' && through === 'configure' ? wanted : [];
  const known: Known = { settings, facts: createFactStore(facts) };
  const plan = planCluster({
    intent,
    config: site.config,
    facts,
    order: steps,
    known,
    addons,
    ...(erase ? { erase } : {}),
    goesOnSince: intent === 'reset' ? await unfinishedReset(site.clusterDir, erase, Date.now()) : undefined,
  });
  const changing = toBeChanged(plan, wanted);
  const [addresses, bmcs] = await Promise.all([
    checkAddressClaims(site, changing),
    findBmcs(site, facts, changing),
  ]);
  return {
    plan: {
      ...plan,
      addons: plan.addons.map(bmcs.fillIn),
      problems: [
        ...plan.problems,
        ...simulatedElsewhere(site, plan),
        ...circuitProblems(site, facts, intent),
        ...kernelProblems(site, facts, changing),
        ...addresses.problems,
        ...bmcs.problems,
      ],
      warnings: [...plan.warnings, ...addresses.warnings, ...bmcs.warnings],
    },
    facts,
    settings,
  };
}

/** What is installed as it is wanted was looked at before: a run that changes nothing asks MAAS for nothing more. */
function toBeChanged(plan: Plan<Step>, wanted: readonly PinnedAddon[]): PinnedAddon[] {
  if (plan.intent !== 'up' || isEmpty(plan)) return [];
  const done = plan.addons.filter(({ change }) => change === 'none').map(({ target }) => target.name);
  return wanted.filter(({ name }) => !done.includes(name));
}

/** Nodes that are there tell it before anything is touched; of others, the add-on's own step finds out. */
function kernelProblems({ loaded }: Site, facts: Facts, changing: readonly PinnedAddon[]): string[] {
  return changing.flatMap(addon => {
    const problem = oldKernels(addon, [...facts.machines.values()], facts.kubernetes);
    if (problem === undefined) return [];
    const path = `addons.${addon.name}`;
    return [`${loaded.originOf(path)}: ${path}: ${problem}; ${errorCodes.KERNEL_TOO_OLD.hint}`];
  });
}

/** A slip in a name would start a machine without the limit of its circuit. Nothing is switched on by a release. */
function circuitProblems({ config, loaded }: Site, facts: Facts, intent: Intent): string[] {
  if (intent === 'release') return [];
  const names = [...facts.machines.values()].map(({ hostname }) => hostname);
  return unknownInCircuits(config, facts).map(({ path, name }) => {
    const near = closest(name, names);
    const meant = near === undefined ? '' : `, did you mean ${near}?`;
    return `${loaded.originOf(path)}: ${path}: no machine with a role tag is called ${name}${meant}`;
  });
}

/**
 * How far a run gets on a site: simulated machines stop after the hardware stage, or go on with the lab's stand-ins for
 * ssh, Ansible and Kubernetes, which run no add-ons.
 */
export type Reach = 'hardware' | 'stand-ins' | 'everything';

export function reachOf({ lab }: Pick<Site, 'lab'>): Reach {
  if (lab?.machines !== 'simulated') return 'everything';
  return lab.standIns ? 'stand-ins' : 'hardware';
}

/** What a person must know of a plan or a result that is not real to its end. */
export const reachTexts: Readonly<Record<Reach, string | undefined>> = {
  hardware: 'The machines are simulated: up stops after the hardware stage.',
  'stand-ins':
    'The machines are simulated, and the lab stands in for ssh, Ansible and Kubernetes: nothing is really installed.',
  everything: undefined,
};

/** The steps of the stages up to one. What waits for a later stage is of that stage: a node is Ready with its network. */
function stepsThrough(through: Stage): Step[] {
  const last = stages.indexOf(through);
  const kept = order.filter(({ stage }) => stages.indexOf(stage) <= last);
  return kept.filter(({ after = [] }) => after.every(id => kept.some(step => step.id === id)));
}
