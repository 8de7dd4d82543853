import type { ClusterNode } from '../cluster/kubernetes-api.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys, type KubernetesFacts, nodeOf, type Role } from './facts.ts';

/** A machine that failed at a step for good. */
export interface Loss {
  step: string;
  role: Role;
  machine: Machine;
  /** MAAS noted it as a member when the run began. */
  wasMember: boolean;
  /** This run deployed it: what was on it before is gone. */
  isFresh: boolean;
}

/** Kubernetes when the run began, and now. */
export interface KubernetesThenAndNow {
  before: KubernetesFacts;
  now: KubernetesFacts;
}

/** Whether another machine may take its place. `node` is what it leaves in Kubernetes, to be deleted first. */
export type Verdict = { replace: true; node?: ClusterNode } | { replace: false; because: string };

/** Before kubeadm runs on a machine, neither etcd nor Kubernetes knows it. */
export function isBeforeKubeadm(step: string): boolean {
  return /^(?:hardware|prepare)\./.test(step);
}

/**
 * Whether a machine that failed once kubeadm had begun on it may be replaced: only a worker, only when the failure is its
 * own, and only when what it left in Kubernetes is nothing but what its join made. Pure.
 */
export function verdictOf(loss: Loss, kubernetes: KubernetesThenAndNow): Verdict {
  const { step, role, machine } = loss;
  const { now } = kubernetes;
  if (role === 'control-plane')
    return kept(
      'etcd may count a control plane as a member once kubeadm has begun on it: put it right, and run coldstart up again, or take it out by hand (docs/spares.md)',
    );
  if (now.state !== 'answers') return kept('Kubernetes does not answer, so the failure need not be its own');
  const node = nodeOf(now, machine);
  if (node?.ready) return kept('its node is Ready');
  if (step === 'cluster.ready' && ![...now.nodes.values()].some(({ ready }) => ready))
    return kept('no other node is Ready either');
  if (!node) return { replace: true };
  const objection = objectionTo(node, loss, kubernetes.before);
  return objection === undefined ? { replace: true, node } : kept(objection);
}

function kept(because: string): Verdict {
  return { replace: false, because };
}

/** Why a node must not be deleted: somebody may have work on it. */
function objectionTo(
  { name, uid, internalIp }: ClusterNode,
  { machine, wasMember, isFresh }: Loss,
  before: KubernetesFacts,
): string | undefined {
  if (internalIp !== undefined && !machine.addresses.includes(internalIp))
    return `the node ${name} has the address ${internalIp}, which is none of the machine's`;
  const earlier = before.state === 'answers' ? before.nodes.get(name) : undefined;
  const isEarlier = earlier?.uid === uid;
  if (isEarlier && earlier.ready) return 'its node was Ready before this run';
  if (isFresh || (before.state === 'answers' && !isEarlier)) return undefined;
  if (before.state !== 'answers') return 'nobody knows whether its node was Ready before this run';
  // An earlier join that was cut off leaves a node without the note in MAAS, which comes right after kubeadm.
  return wasMember ? 'it was a member of the cluster before this run' : undefined;
}

/** Whether a machine was set aside when kubeadm had begun on it: only a release makes it good for anything again. */
export function isSetAsideAfterKubeadm({ annotations }: Pick<Machine, 'annotations'>): boolean {
  const because = annotations[annotationKeys.setAside];
  return because !== undefined && because !== '' && !isBeforeKubeadm(because);
}
