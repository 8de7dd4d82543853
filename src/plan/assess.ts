import type { ClusterConfig } from '../config/schema.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import type { MachineStatus } from '../maas/status.ts';
import { annotationKeys, type Facts, type Role } from './facts.ts';
import { isSetAsideAfterKubeadm } from './replacement.ts';
import { sparesOf } from './spares.ts';

/** What the planner makes of one machine. */
export interface Assessment {
  machine: Machine;
  role: Role;
  /** Why the machine is left alone, in words; undefined when it may be used. */
  refused: string | undefined;
}

export interface Fleet {
  machines: Assessment[];
  /** Reasons why no cluster can be made of these machines; nothing may be touched while there is one. */
  problems: string[];
  /** The control plane that makes the cluster, and that later ones join through. */
  firstControlPlane: Machine | undefined;
  /** Machines in scope that only take the place of one that fails. */
  spares: ReadonlySet<SystemId>;
}

/** What a command wants of the machines. */
export type Intent = 'up' | 'reset' | 'release';

type ScopeConfig = Pick<ClusterConfig, 'name' | 'machines' | 'kubernetes'>;

/** Gives every tagged machine a role and says which may be used. Pure: the same facts give the same answer. */
export function assessFleet(config: ScopeConfig, facts: Facts, intent: Intent): Fleet {
  const machines: Assessment[] = [];
  const problems: string[] = [];
  for (const machine of byHostname([...facts.machines.values()])) {
    const role = roleOf(machine, config);
    if (role === 'both') problems.push(twoRoles(machine, config));
    else if (role) machines.push({ machine, role, refused: refusalOf(machine, config, facts.user, intent) });
  }
  const usable = machines.filter(({ refused }) => refused === undefined);
  const spares = intent === 'release' ? new Set<SystemId>() : sparesOf(config, usable);
  const members = machines.filter(({ machine }) => !spares.has(machine.id));
  return { machines, problems, firstControlPlane: firstOf(members, config), spares };
}

/** What keeps `up` from starting: too few machines, or several control planes without an endpoint. */
export function problemsOfCluster(config: ScopeConfig, fleet: Fleet): string[] {
  const { controlPlane, workers } = config.machines;
  const usable = membersOf(fleet);
  const controlPlanes = usable.filter(({ role }) => role === 'control-plane');
  const problems = [...fleet.problems];
  if (fleet.machines.length === 0 && problems.length === 0) {
    problems.push(`no machine in MAAS carries the tag ${controlPlane.tag} or ${workers.tag}`);
  } else if (controlPlanes.length === 0 && problems.length === 0) {
    problems.push(noControlPlane(fleet, controlPlane.tag));
  }
  const { atLeast } = workers;
  const workerCount = usable.length - controlPlanes.length;
  if (atLeast !== undefined && workerCount < atLeast)
    problems.push(`machines.workers.atLeast is ${atLeast}, and ${workerCount} can be used`);
  problems.push(...orphans(config, usable));
  if (controlPlanes.length > 1 && !config.kubernetes.endpoint) {
    const names = controlPlanes.map(({ machine }) => machine.hostname).join(', ');
    problems.push(
      `${controlPlanes.length} control planes (${names}) need kubernetes.endpoint: a name or address that leads to all of them`,
    );
  }
  return problems;
}

/** The machines that a command works on, spares not among them. */
export function membersOf({ machines, spares }: Fleet): Assessment[] {
  return machines.filter(({ machine, refused }) => refused === undefined && !spares.has(machine.id));
}

/** What MAAS itself can release again: a release that failed halfway is repeated by the commands that release. */
const releasableStatuses: readonly MachineStatus[] = ['failed_disk_erasing', 'failed_releasing'];

const usableStatuses: readonly MachineStatus[] = [
  'ready',
  'allocated',
  'deploying',
  'deployed',
  'failed_deployment',
  'releasing',
  'disk_erasing',
];

/** What `refusalOf` says of a machine that would be in scope without its lock. */
export const lockedRefusal = 'is locked in MAAS';

/** Why a machine is out of scope, or undefined. Used by the planner and again right before every destructive call. */
export function refusalOf(
  machine: Machine,
  { name, machines: scope }: Pick<ClusterConfig, 'name' | 'machines'>,
  user: string,
  intent: Intent,
): string | undefined {
  const { excludeTag, pool, zone, controlPlane, workers } = scope;
  if (!machine.tags.includes(controlPlane.tag) && !machine.tags.includes(workers.tag))
    return 'carries no role tag';
  if (machine.tags.includes(excludeTag)) return `carries the tag ${excludeTag}`;
  if (pool !== undefined && machine.pool !== pool) return `is in pool ${machine.pool}, not ${pool}`;
  if (zone !== undefined && machine.zone !== zone) return `is in zone ${machine.zone}, not ${zone}`;
  if (machine.locked) return lockedRefusal;
  if (machine.owner !== undefined && machine.owner !== user)
    return `belongs to the MAAS user ${machine.owner}`;
  // Somebody holds every machine that is in use; only free ones belong to nobody.
  if (machine.owner === undefined && machine.status !== 'ready')
    return `is ${machine.statusName}, and belongs to nobody`;
  const cluster = machine.annotations[annotationKeys.cluster];
  if (cluster !== undefined && cluster !== name) return `belongs to the cluster ${cluster}`;
  return statusRefusal(machine, name, intent);
}

function statusRefusal(machine: Machine, cluster: string, intent: Intent): string | undefined {
  const { status, statusName } = machine;
  if (intent === 'up' && isSetAsideAfterKubeadm(machine))
    return `was set aside, and keeps what kubeadm left on it until it is released: ${machine.annotations[annotationKeys.setAside]}`;
  const releasable = intent !== 'up' && status !== 'unknown' && releasableStatuses.includes(status);
  if (status === 'unknown' || !(releasable || usableStatuses.includes(status))) {
    const reason = machine.statusMessage ? ` (${machine.statusMessage})` : '';
    return `is ${statusName}${reason}, which is neither free nor deployed`;
  }
  const foreignFailure =
    status === 'failed_deployment' && machine.annotations[annotationKeys.cluster] !== cluster;
  if (foreignFailure && intent === 'up') {
    return 'failed a deployment that coldstart did not start; coldstart reset releases it and deploys it again';
  }
  return undefined;
}

function roleOf(machine: Machine, { machines }: ScopeConfig): Role | 'both' | undefined {
  const controlPlane = machine.tags.includes(machines.controlPlane.tag);
  const worker = machine.tags.includes(machines.workers.tag);
  if (controlPlane && worker) return 'both';
  if (controlPlane) return 'control-plane';
  return worker ? 'worker' : undefined;
}

/** Members of a cluster whose control planes are all gone: a new one would have another CA, and they could not join it. */
function orphans({ name }: ScopeConfig, usable: readonly Assessment[]): string[] {
  const members = usable.filter(({ machine }) => machine.annotations[annotationKeys.joined] === name);
  if (members.length === 0 || members.some(({ role }) => role === 'control-plane')) return [];
  const names = members.map(({ machine }) => machine.hostname).join(', ');
  return [
    `${names} joined a cluster ${name} that has no control plane any more: give them back with coldstart release, then run up`,
  ];
}

/** One that has joined, else one that we already began with, else the first by name: the same after every restart. */
function firstOf(machines: readonly Assessment[], { name }: ScopeConfig): Machine | undefined {
  const candidates = machines
    .filter(({ role, refused }) => role === 'control-plane' && refused === undefined)
    .map(({ machine }) => machine);
  return (
    candidates.find(({ annotations }) => annotations[annotationKeys.configured] !== undefined) ??
    candidates.find(({ annotations }) => annotations[annotationKeys.joined] === name) ??
    candidates.find(({ annotations }) => annotations[annotationKeys.cluster] === name) ??
    candidates[0]
  );
}

function twoRoles(machine: Machine, { machines }: ScopeConfig): string {
  return `${machine.hostname} carries both ${machines.controlPlane.tag} and ${machines.workers.tag}: a machine has one role`;
}

function noControlPlane(fleet: Fleet, tag: string): string {
  const refused = fleet.machines.filter(({ role }) => role === 'control-plane');
  if (refused.length === 0) return `no machine carries the tag ${tag}: a cluster needs a control plane`;
  return `no machine with the tag ${tag} can be used: ${refused
    .map(({ machine, refused: why }) => `${machine.hostname} ${why}`)
    .join('; ')}`;
}

/** `node-9` comes before `node-10`. Not by Intl, whose tables take ten milliseconds to load. */
function byHostname(machines: readonly Machine[]): Machine[] {
  const keyOf = ({ hostname }: Machine) =>
    `${hostname.toLowerCase().replace(/\d+/g, digits => digits.padStart(12, '0'))} ${hostname}`;
  const keyed = machines.map(machine => ({ machine, key: keyOf(machine) }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ machine }) => machine);
}
