import type { ObjectRef } from '../addons/installed.ts';
import type { ClusterNode } from '../cluster/kubernetes-api.ts';
import type { SystemId } from '../core/ids.ts';
import type { Sight } from '../engine/step.ts';
import type { Machine } from '../maas/machine.ts';
import type { PinnedAddon } from '../plan/addons.ts';
import type { KubernetesFacts } from '../plan/facts.ts';
import type { EraseKind, Target } from '../plan/plan.ts';

export type Playbook = 'prepare' | 'cluster' | 'configure';

/** What is known without asking anybody: enough to tell whether a step is done. */
export interface Known {
  settings: {
    cluster: string;
    /** Hash of everything that `prepare` puts on a machine. */
    preparedHash: string;
    /** Hash of everything that `configure` puts into the cluster. */
    configuredHash: string;
  };
  facts: {
    machine(id: SystemId): Machine;
    kubernetes(): KubernetesFacts;
  };
}

/** What steps ask of the world. Every call that changes a machine leaves its new state in the facts. */
export interface World extends Known {
  machines: {
    /** The machine as MAAS sees it now. Looks at the same moment share one request. */
    look(id: SystemId): Promise<Machine>;
    /** The machine when its status may have changed: all who wait for one share a few requests. For paced waits. */
    watch(id: SystemId): Promise<Machine>;
    allocate(id: SystemId, signal: AbortSignal): Promise<void>;
    /** Annotates a machine that is deployed next, also with the SSH identity that it will be given. */
    claim(id: SystemId, annotations: Record<string, string>, signal: AbortSignal): Promise<void>;
    /** Refused when it is out of scope; looks again where it `hasWaited` since it was claimed. */
    deploy(id: SystemId, how: { hasWaited: boolean }, signal: AbortSignal): Promise<void>;
    powerOn(id: SystemId, signal: AbortSignal): Promise<void>;
    /** Refused when a fresh look says that the machine is out of scope. */
    release(id: SystemId, how: { erase?: EraseKind | undefined }, signal: AbortSignal): Promise<void>;
    /** MAAS takes the machine back as Broken. Refused when a fresh look says that it is out of scope. */
    markBroken(id: SystemId, reason: string, signal: AbortSignal): Promise<void>;
    annotate(id: SystemId, annotations: Record<string, string>, signal: AbortSignal): Promise<void>;
  };
  access: {
    /** Whether SSH answers with the right host key and cloud-init has ended. Throws when it never can. */
    look(id: SystemId): Promise<Sight>;
  };
  playbooks: {
    /** Runs the playbook for the machine; machines that ask at the same time share a process. */
    run(playbook: Playbook, target: Target, report: (task: string) => void): Promise<void>;
  };
  addons: {
    /** Whether it is there exactly as it is wanted: asks the cluster. */
    isInstalled(addon: PinnedAddon): Promise<boolean>;
    /** Notes that it begins, and has Helm install or upgrade the chart; nothing more for manifests. */
    install(addon: PinnedAddon, needs: readonly string[], signal: AbortSignal): Promise<void>;
    /** Applies its objects. Not done while the cluster lacks a kind, or a webhook does not answer yet. */
    apply(addon: PinnedAddon, signal: AbortSignal): Promise<Sight>;
    /** Whether everything that it brought does its work. */
    look(addon: PinnedAddon): Promise<Sight>;
    /** Objects of its former version that the new one does not have. */
    leftovers(addon: PinnedAddon): Promise<ObjectRef[]>;
    removeObjects(objects: readonly ObjectRef[], signal: AbortSignal): Promise<void>;
    /** Notes in the cluster that it is there. */
    note(addon: PinnedAddon, needs: readonly string[]): Promise<void>;
    remove(name: string, signal: AbortSignal): Promise<void>;
  };
  kubernetes: {
    /** The machine's node, or undefined. All who wait for one share a list: for paced waits. */
    watch(id: SystemId): Promise<ClusterNode | undefined>;
    /** Asks now. */
    look(): Promise<KubernetesFacts>;
    /** Deletes this very node: one that took its name since then stays. */
    deleteNode(node: Pick<ClusterNode, 'name' | 'uid'>, signal: AbortSignal): Promise<void>;
  };
}
