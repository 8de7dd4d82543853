import { defineStep } from '../step.ts';
import { becomeMember, isMember } from './membership.ts';

/** Further control planes join one after the other: etcd admits one learner at a time. */
export const joinControlPlane = defineStep({
  id: 'cluster.join-control-plane',
  title: 'Join as a control plane (kubeadm join)',
  stage: 'cluster',
  applies: ({ role, first }) => role === 'control-plane' && !first,
  after: ['cluster.init'],
  oneByOne: 'etcd',
  attempts: 2,
  done: isMember,
  act: (target, ctx, world) =>
    becomeMember(target, ctx, world, `kubeadm join as a control plane on ${target.name}`),
});
