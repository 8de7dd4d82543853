import type { ClusterConfig } from '../config/schema.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { type PinnedAddon, type PlannedAddon, planAddons } from './addons.ts';
import {
  type Assessment,
  assessFleet,
  type Fleet,
  type Intent,
  membersOf,
  problemsOfCluster,
} from './assess.ts';
import { type Circuit, circuitOf } from './circuits.ts';
import { annotationKeys, type Facts, nodeOf, type Role } from './facts.ts';
import { wantedCount } from './spares.ts';

/** A step as the planner sees it: whether a machine takes it, and whether it is done. */
export interface PlannableStep<T, K> {
  id: string;
  applies(target: T): boolean;
  done(target: T, known: K): boolean;
}

/**
 * What MAAS does to the disks of a machine that it takes back. quick: both ends of each disk; secure: the disk's own
 * secure erase, else everything; full: every block.
 */
export const eraseKinds = ['quick', 'secure', 'full'] as const;
export type EraseKind = (typeof eraseKinds)[number];

/** The machine that a step works on. */
export interface Target {
  id: SystemId;
  name: string;
  role: Role;
  /** The control plane that makes the cluster. */
  first: boolean;
  /** The machine is released before it is deployed: everything on its disks is lost. */
  wipe: boolean;
  /** How the disks are erased when it is released; they keep their blocks when missing. */
  erase?: EraseKind;
  /** The breaker or PDU that limits how many machines start together. */
  circuit?: Circuit;
}

export interface PlannedMachine<S> {
  machine: Machine;
  /** An unfinished reset has deployed it already: it is not wiped once more. */
  isFresh: boolean;
  target: Target;
  /** Steps of its road, in order. */
  steps: { step: S; done: boolean }[];
}

export interface Plan<S> {
  intent: Intent;
  machines: PlannedMachine<S>[];
  /** Machines that may take the place of one that fails, as they would be worked on. */
  spares: PlannedMachine<S>[];
  /** Tagged machines that are left alone, each with the reason. */
  refused: Assessment[];
  problems: string[];
  addons: PlannedAddon[];
  /** What may be meant, or a slip: such as a tag that nobody carries. */
  warnings: string[];
}

export interface PlanInput<S, K> {
  intent: Intent;
  config: Pick<ClusterConfig, 'name' | 'machines' | 'kubernetes' | 'power'>;
  facts: Facts;
  order: readonly S[];
  known: K;
  /** Add-ons that the file names. */
  addons: readonly PinnedAddon[];
  /** What a release does to the disks besides. */
  erase?: EraseKind;
  /** A reset goes on with one that began then and did not come to its end: milliseconds since the epoch. */
  goesOnSince?: number | undefined;
}

/** Decides what every machine still needs, from one observation. Pure; changes nothing. */
export function planCluster<K, S extends PlannableStep<Target, K>>(input: PlanInput<S, K>): Plan<S> {
  const { intent, config, facts, order, known, addons } = input;
  const fleet = assessFleet(config, facts, intent);
  const problems = intent === 'up' ? problemsOfCluster(config, fleet) : fleet.problems;
  const wanted = membersOf(fleet).filter(({ machine }) => intent !== 'release' || machine.status !== 'ready');
  const planned = (assessment: Assessment): PlannedMachine<S> => {
    const { machine } = assessment;
    const isFresh = isFreshSince(machine, config.name, input.goesOnSince);
    const target = targetOf(input, fleet, assessment, isFresh);
    const steps = order.filter(step => isWanted(step.id, intent) && step.applies(target));
    return {
      machine,
      isFresh,
      target,
      steps: steps.map(step => ({ step, done: isDone(step, target, known) })),
    };
  };
  return {
    intent,
    machines: wanted.map(planned),
    spares: fleet.machines.filter(({ machine }) => fleet.spares.has(machine.id)).map(planned),
    refused: fleet.machines.filter(({ refused }) => refused !== undefined),
    problems: [...problems, ...versionProblems(config, facts, intent)],
    addons: intent === 'up' ? planAddons(addons, facts.kubernetes) : [],
    warnings: intent === 'up' ? warningsOf(config, fleet) : [],
  };
}

function targetOf(
  { intent, config, erase }: Pick<PlanInput<never, never>, 'intent' | 'config' | 'erase'>,
  fleet: Fleet,
  { machine, role }: Assessment,
  isFresh: boolean,
): Target {
  const circuit = circuitOf(config, machine.hostname);
  const wipe = isWiped(machine, intent) && !isFresh;
  return {
    id: machine.id,
    name: machine.hostname,
    role,
    first: machine.id === fleet.firstControlPlane?.id,
    wipe,
    ...(wipe && erase ? { erase } : {}),
    ...(circuit ? { circuit } : {}),
  };
}

/** After a release nothing of what was done is left. */
function isDone<K>(step: PlannableStep<Target, K>, target: Target, known: K): boolean {
  return (!target.wipe || step.id === 'hardware.release') && step.done(target, known);
}

/** Whether anything would happen at all. */
export function isEmpty<S>(plan: Plan<S>): boolean {
  return (
    plan.machines.every(({ steps }) => steps.every(({ done }) => done)) &&
    plan.addons.every(({ change }) => change === 'none')
  );
}

function isWiped(machine: Machine, intent: Intent): boolean {
  if (intent === 'up') return machine.status === 'failed_deployment';
  return machine.status !== 'ready';
}

/** Whether it was deployed for us since then, and nothing was done with it after that. A deployment follows a release. */
function isFreshSince({ status, annotations }: Machine, cluster: string, since: number | undefined): boolean {
  if (since === undefined || !['allocated', 'deploying', 'deployed'].includes(status)) return false;
  const { deployed, prepared, joined, configured, setAside } = annotationKeys;
  return (
    annotations[annotationKeys.cluster] === cluster &&
    Date.parse(annotations[deployed] ?? '') >= since &&
    [prepared, joined, configured, setAside].every(key => annotations[key] === undefined)
  );
}

/** `release` ends after the release; `reset` when the operating system is deployed again. */
function isWanted(step: string, intent: Intent): boolean {
  if (intent === 'release') return step === 'hardware.release';
  if (intent === 'reset') return ['hardware.release', 'hardware.allocate', 'hardware.deploy'].includes(step);
  return true;
}

function warningsOf(config: PlanInput<never, never>['config'], fleet: Fleet): string[] {
  const { workers } = config.machines;
  const members = membersOf(fleet);
  const noWorkers = fleet.machines.length > 0 && !fleet.machines.some(({ role }) => role === 'worker');
  const few = (['control-plane', 'worker'] as const).flatMap(role => {
    const wanted = wantedCount(config, role);
    const found = members.filter(each => each.role === role).length;
    if (wanted === undefined || found === wanted) return [];
    const setting = `machines.${role === 'worker' ? 'workers' : 'controlPlane'}.count`;
    return [`${setting} is ${wanted}, and ${found} ${found < wanted ? 'can be used' : 'are in the cluster'}`];
  });
  if (!noWorkers) return few;
  return [...few, `no machine carries the tag ${workers.tag}: the cluster has no workers`];
}

/** Nodes of another minor version: changing it is an upgrade, which `up` does not do by accident. */
function versionProblems(config: PlanInput<never, never>['config'], facts: Facts, intent: Intent): string[] {
  if (intent !== 'up' || facts.kubernetes.state !== 'answers') return [];
  const wanted = minorOf(config.kubernetes.version);
  return [...facts.machines.values()].flatMap(machine => {
    const node = nodeOf(facts.kubernetes, machine);
    const joined = machine.annotations[annotationKeys.joined] === config.name;
    if (!joined || !node || minorOf(node.version) === wanted) return [];
    return [
      `the node ${node.name} runs Kubernetes ${node.version} but kubernetes.version is ${config.kubernetes.version}: ` +
        'upgrading in place is not supported; set the version that runs, or coldstart reset first',
    ];
  });
}

function minorOf(version: string): string {
  return version.replace(/^v/, '').split('.').slice(0, 2).join('.');
}
