import { annotationKeys } from '../../plan/facts.ts';
import { play } from '../play.ts';
import { defineStep } from '../step.ts';

/** Everything between a bare operating system and kubeadm: runtime, packages, kernel settings. */
export const prepareMachine = defineStep({
  id: 'prepare.machine',
  title: 'Prepare for Kubernetes',
  stage: 'prepare',
  applies: () => true,
  attempts: 2,
  done: ({ id }, { facts, settings }) =>
    facts.machine(id).annotations[annotationKeys.prepared] === settings.preparedHash,
  async act(target, ctx, world) {
    const { machines, settings } = world;
    await play('prepare', target, ctx, world, `prepare ${target.name} with Ansible`);
    await ctx.change(`note in MAAS that ${target.name} is prepared`, signal =>
      machines.annotate(target.id, { [annotationKeys.prepared]: settings.preparedHash }, signal),
    );
  },
});
