import { reasonOf } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { FailedStep } from '../engine/run.ts';
import { annotationKeys } from '../plan/facts.ts';
import type { PlannedMachine } from '../plan/plan.ts';
import { verdictOf } from '../plan/replacement.ts';
import { configureCluster } from '../steps/configure/cluster.ts';
import { deployMachine } from '../steps/hardware/deploy.ts';
import type { Step } from '../steps/step.ts';
import type { StandInOptions } from './stand-ins.ts';

export interface LeaveOptions extends Omit<StandInOptions, 'plan' | 'config' | 'user'> {
  /** Of machines that took a place once kubeadm had begun: where the one before them failed. */
  heirs: ReadonlyMap<SystemId, string>;
}

/**
 * Takes a machine on which kubeadm has begun out of the cluster, where it may be: deletes the node that its join made.
 * The machine itself stays as it is. False when it may not be replaced; the journal then says why.
 */
export async function leaveCluster(
  machine: PlannedMachine<Step>,
  failed: FailedStep,
  options: LeaveOptions,
): Promise<boolean> {
  const because = await objectionTo(machine, failed, options);
  if (because === undefined || options.signal.aborted) return because === undefined;
  await options.append({ type: 'target.kept', target: failed.target, because });
  return false;
}

async function objectionTo(
  { machine, target, steps }: PlannedMachine<Step>,
  { step, passed }: FailedStep,
  { heirs, kubernetes: before, world, append, signal }: LeaveOptions,
): Promise<string | undefined> {
  if (heirs.get(target.id) === step)
    return 'the machine whose place it took failed at the same step, so look at the cluster first';
  // Without its kubeconfig nobody can ask the cluster.
  if (!(await passed(configureCluster.id))) return 'the cluster is not configured';
  const loss = {
    step,
    role: target.role,
    machine: world.facts.machine(target.id),
    wasMember: machine.annotations[annotationKeys.joined] !== undefined,
    isFresh: isDeployedHere(steps),
  };
  const verdict = verdictOf(loss, { before, now: await world.kubernetes.look() });
  if (!verdict.replace) return verdict.because;
  const { node } = verdict;
  if (!node) return undefined;
  const change = `delete the node ${node.name} from Kubernetes: its join made it, and it is not Ready`;
  await append({ type: 'step.changing', target: target.id, step, change });
  return world.kubernetes.deleteNode(node, signal).then(
    () => undefined,
    (error: unknown) => `its node could not be deleted: ${reasonOf(error)}`,
  );
}

/** Whether this run deploys the machine: nothing of what was on it before is left. */
export function isDeployedHere(steps: PlannedMachine<Step>['steps']): boolean {
  return steps.some(({ step, done }) => step.id === deployMachine.id && !done);
}
