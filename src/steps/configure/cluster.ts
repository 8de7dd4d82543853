import { annotationKeys } from '../../plan/facts.ts';
import { play } from '../play.ts';
import { defineStep } from '../step.ts';

/** The network, and the kubeconfig on this computer: as soon as the API answers, not when everybody has joined. */
export const configureCluster = defineStep({
  id: 'configure.cluster',
  title: 'Configure the network, fetch the kubeconfig',
  stage: 'configure',
  applies: ({ first }) => first,
  attempts: 2,
  done: ({ id }, { facts, settings }) =>
    facts.kubernetes().state === 'answers' &&
    facts.machine(id).annotations[annotationKeys.configured] === settings.configuredHash,
  async act(target, ctx, world) {
    const { machines, settings } = world;
    const sentence = `configure the network through ${target.name}, and fetch the kubeconfig`;
    await play('configure', target, ctx, world, sentence);
    await ctx.change(`note in MAAS that ${settings.cluster} is configured`, signal =>
      machines.annotate(target.id, { [annotationKeys.configured]: settings.configuredHash }, signal),
    );
  },
});
