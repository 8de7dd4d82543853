import type { StepContext } from '../../engine/step.ts';
import { annotationKeys, nodeOf } from '../../plan/facts.ts';
import type { Target } from '../../plan/plan.ts';
import { play } from '../play.ts';
import type { Known, World } from '../ports.ts';

/** Whether the machine is a member: noted in MAAS, and known to Kubernetes wherever Kubernetes can be asked. */
export function isMember({ id }: Target, { facts, settings }: Known): boolean {
  const machine = facts.machine(id);
  const kubernetes = facts.kubernetes();
  if (machine.annotations[annotationKeys.joined] !== settings.cluster) return false;
  return kubernetes.state !== 'answers' || nodeOf(kubernetes, machine) !== undefined;
}

/** Runs kubeadm on the machine and notes that it is a member now. The playbook does nothing where kubeadm has done its work. */
export async function becomeMember(
  target: Target,
  ctx: StepContext,
  world: World,
  sentence: string,
): Promise<void> {
  const { machines, settings } = world;
  await play('cluster', target, ctx, world, sentence);
  await ctx.change(`note in MAAS that ${target.name} is a member of ${settings.cluster}`, signal =>
    machines.annotate(target.id, { [annotationKeys.joined]: settings.cluster }, signal),
  );
}
