import type { ClusterConfig } from '../config/schema.ts';
import type { SystemId } from '../core/ids.ts';
import type { FailedStep, Road, RunOptions, StandIn } from '../engine/run.ts';
import type { JournalEvent, TargetRecord } from '../journal/events.ts';
import type { AddonTarget } from '../plan/addons.ts';
import { refusalOf } from '../plan/assess.ts';
import { annotationKeys, type KubernetesFacts } from '../plan/facts.ts';
import type { Plan, PlannedMachine, Target } from '../plan/plan.ts';
import { isBeforeKubeadm } from '../plan/replacement.ts';
import { treatmentOf } from '../steps/failures.ts';
import type { Known, World } from '../steps/ports.ts';
import type { Step } from '../steps/step.ts';
import { isDeployedHere, leaveCluster } from './leave-cluster.ts';

export interface StandInOptions {
  plan: Plan<Step>;
  config: ClusterConfig;
  /** Name of the MAAS user. */
  user: string;
  /** Kubernetes as the plan saw it. */
  kubernetes: KubernetesFacts;
  world: Pick<World, 'machines' | 'kubernetes' | 'facts'>;
  append(event: JournalEvent): Promise<void>;
  signal: AbortSignal;
}

type SiteRun = RunOptions<Target | AddonTarget, Known, World>;

/**
 * Who takes the place of a machine that failed for good: the first spare of its role that a fresh look finds free and in
 * scope. The failed one is set aside: marked broken where that is wanted, else with a note in MAAS. Only up has spares.
 * Once kubeadm has begun, `verdictOf` decides; what the machine left in Kubernetes is deleted before anything else.
 */
export function createStandIns(options: StandInOptions): NonNullable<SiteRun['standIn']> {
  const { plan } = options;
  const all = new Map([...plan.machines, ...plan.spares].map(each => [String(each.target.id), each]));
  const taken = new Set<SystemId>();
  /** Of machines that took a place once kubeadm had begun: where the one before them failed. */
  const heirs = new Map<SystemId, string>();
  return async failed => {
    const machine = all.get(failed.target);
    if (!machine || plan.intent !== 'up' || !treatmentOf(failed.error.code).replace) return undefined;
    const spare = machine.target.first ? undefined : await freeSpare(machine, taken, options);
    if (!isBeforeKubeadm(failed.step)) {
      if (!spare) return undefined;
      if (!(await leaveCluster(machine, failed, { ...options, heirs }))) {
        taken.delete(spare.target.id);
        return undefined;
      }
      heirs.set(spare.target.id, failed.step);
    }
    await setAside(machine, failed, spare !== undefined, options);
    return spare && standInOf(spare);
  };
}

/** Whether the run is done although machines failed: enough workers are there, and everything else is done. */
export function sufficesFor({ machines }: Pick<ClusterConfig, 'machines'>): NonNullable<SiteRun['suffices']> {
  const { atLeast } = machines.workers;
  return ends => {
    const lost = ends.filter(({ end }) => end !== 'done');
    const workers = ends.filter(({ target, end }) => end === 'done' && isWorker(target));
    return (
      lost.length === 0 ||
      (atLeast !== undefined &&
        workers.length >= atLeast &&
        lost.every(({ target, end }) => end === 'failed' && isWorker(target)))
    );
  };
}

function isWorker(target: Target | AddonTarget): boolean {
  return 'role' in target && target.role === 'worker';
}

async function freeSpare(
  { target }: PlannedMachine<Step>,
  taken: Set<SystemId>,
  { plan, config, user, world }: StandInOptions,
): Promise<PlannedMachine<Step> | undefined> {
  for (const spare of plan.spares) {
    const { id, role } = spare.target;
    if (role !== target.role || taken.has(id)) continue;
    taken.add(id);
    // It may have been locked, taken or deleted since the plan.
    const now = await world.machines.look(id).catch(() => undefined);
    if (now?.status === 'ready' && refusalOf(now, config, user, 'up') === undefined) return spare;
  }
  return undefined;
}

async function setAside(
  { target, steps }: PlannedMachine<Step>,
  { step, error }: FailedStep,
  replaced: boolean,
  { config, user, world, append, signal }: StandInOptions,
): Promise<void> {
  const because = `${step}: ${error.message}${error.because ? ` (${error.because})` : ''}`.slice(0, 250);
  const ids = { target: target.id, step };
  // What was deployed before this run may hold somebody's work: marking it broken would release it.
  const broken = config.machines.markBroken && treatmentOf(error.code).broken && isDeployedHere(steps);
  if (!broken && !replaced) return;
  const note = { [annotationKeys.setAside]: because, [annotationKeys.joined]: '' };
  const done = await attempt(async () => {
    const { owner } = await world.machines.look(target.id);
    if (owner !== user) return false;
    await append({
      type: 'step.changing',
      ...ids,
      change: broken ? `mark ${target.name} broken in MAAS` : `note in MAAS that ${target.name} is set aside`,
    });
    if (broken) await world.machines.markBroken(target.id, because, signal);
    else await world.machines.annotate(target.id, note, signal);
    return true;
  });
  await append({ type: 'target.set-aside', target: target.id, because, broken: broken && done });
}

/** A machine that cannot even be noted about, such as one that is gone, must not keep its stand-in from starting. */
async function attempt(act: () => Promise<boolean>): Promise<boolean> {
  return act().catch(() => false);
}

function standInOf({ target, steps }: PlannedMachine<Step>): StandIn<Target | AddonTarget, Known, World> {
  const road: Road<Target | AddonTarget, Known, World> = {
    target,
    id: target.id,
    steps: steps.map(({ step }) => step as Road<Target | AddonTarget, Known, World>['steps'][number]),
  };
  const record: TargetRecord = {
    target: target.id,
    name: target.name,
    role: target.role,
    steps: steps.map(({ step }) => step.id),
  };
  return { road, record };
}
