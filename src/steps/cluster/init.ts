import { defineStep } from '../step.ts';
import { becomeMember, isMember } from './membership.ts';

/** The first control plane makes the cluster. */
export const initCluster = defineStep({
  id: 'cluster.init',
  title: 'Make the cluster (kubeadm init)',
  stage: 'cluster',
  applies: ({ first }) => first,
  attempts: 2,
  done: isMember,
  // Ansible does not stop there: what configure.cluster asks for is under way when it asks.
  act: (target, ctx, world) =>
    becomeMember(target, ctx, world, `kubeadm init on ${target.name}, then its network and kubeconfig`),
});
