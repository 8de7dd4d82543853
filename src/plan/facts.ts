import type { InstalledAddon } from '../addons/installed.ts';
import type { ClusterNode } from '../cluster/kubernetes-api.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';

export type Role = 'control-plane' | 'worker';

/** What one look at MAAS and Kubernetes saw. */
export interface Facts {
  /** Name of the MAAS user whose API key is used. */
  user: string;
  /** Every machine that carries a role tag. */
  machines: ReadonlyMap<SystemId, Machine>;
  kubernetes: KubernetesFacts;
}

/** `none`: no machine has joined; `unknown`: no kubeconfig here, so nobody has asked. */
export type KubernetesFacts =
  | { state: 'none' }
  | { state: 'unknown' }
  | { state: 'unreachable'; because: string }
  | {
      state: 'answers';
      /** Of the control planes: `v1.36.2`. */
      version: string;
      nodes: ReadonlyMap<string, ClusterNode>;
      /** What coldstart installed, by name. */
      addons: ReadonlyMap<string, InstalledAddon>;
    };

/** Keys of MAAS workload annotations: what MAAS itself cannot know. MAAS clears them on release. */
export const annotationKeys = {
  /** Name of the cluster that the machine belongs to. */
  cluster: 'coldstart.cluster',
  role: 'coldstart.role',
  /** Fingerprint of the SSH host key that coldstart gave the machine with its deployment; others deploy without. */
  identity: 'coldstart.identity',
  /** Why another machine took its place. */
  setAside: 'coldstart.set-aside',
  /** When coldstart had it deployed, in ISO 8601. */
  deployed: 'coldstart.deployed',
  /** Hash of the settings that the machine was prepared with. */
  prepared: 'coldstart.prepared',
  /** Name of the cluster that the machine has joined. */
  joined: 'coldstart.joined',
  /** On the first control plane: hash of the settings that the cluster was configured with. */
  configured: 'coldstart.configured',
} as const;

/** The node that a machine is in Kubernetes: named by the MAAS host name. */
export function nodeOf(facts: KubernetesFacts, machine: Machine): ClusterNode | undefined {
  return facts.state === 'answers' ? facts.nodes.get(machine.hostname) : undefined;
}
