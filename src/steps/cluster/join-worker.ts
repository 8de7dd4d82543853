import { defineStep } from '../step.ts';
import { becomeMember, isMember } from './membership.ts';

/** Workers join all at once, as soon as the first control plane answers. */
export const joinWorker = defineStep({
  id: 'cluster.join-worker',
  title: 'Join as a worker (kubeadm join)',
  stage: 'cluster',
  applies: ({ role }) => role === 'worker',
  after: ['cluster.init'],
  attempts: 2,
  done: isMember,
  act: (target, ctx, world) => becomeMember(target, ctx, world, `kubeadm join on ${target.name}`),
});
