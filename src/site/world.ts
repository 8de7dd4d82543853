import { rm } from 'node:fs/promises';
import type { Site } from '../compose.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { SystemId } from '../core/ids.ts';
import type { Intent } from '../plan/assess.ts';
import { type Facts, type KubernetesFacts, nodeOf } from '../plan/facts.ts';
import { clusterKey } from '../ssh/identity.ts';
import { openKnownHosts } from '../ssh/known-hosts.ts';
import type { Known, World } from '../steps/ports.ts';
import { createAccess } from './access.ts';
import { createAddons } from './addons.ts';
import { openControlDir } from './control-dir.ts';
import { createFactStore, type FactStore } from './fact-store.ts';
import { createMachines } from './machines.ts';
import { createPacer } from './pacer.ts';
import { createPlaybooks } from './playbooks.ts';

export interface WorldOptions {
  site: Site;
  facts: Facts;
  settings: Known['settings'];
  intent: Intent;
  /** The control plane that makes the cluster. */
  first: SystemId | undefined;
  runDir: string;
  /** How many machines will be prepared, as far as the plan knows. */
  toPrepare: number;
  signal: AbortSignal;
  clock?: Clock;
}

/** The real world for a run's steps. `close` ends its SSH connections. */
export async function openWorld(options: WorldOptions): Promise<World & { close(): Promise<void> }> {
  const { site, facts, settings, intent, signal, clock = systemClock } = options;
  const { client, config, clusterDir } = site;
  const store = createFactStore(facts);
  const key = await clusterKey(clusterDir);
  const knownHosts = await openKnownHosts(clusterDir);
  const control = await openControlDir();
  const controlDir = control.dir;
  const machines = createMachines({
    client,
    patience: site.patience,
    config,
    clusterDir,
    knownHosts,
    store,
    intent,
    signal,
    clock,
    // Without its first control plane the cluster is gone, and its kubeconfig leads nowhere.
    async onReleased(id) {
      if (id === options.first) await rm(site.kubeconfigFile, { force: true });
    },
  });
  return {
    settings,
    facts: store,
    machines,
    access: createAccess({
      config,
      clusterDir,
      controlDir,
      keyFile: key.file,
      env: site.programs,
      store,
      machines,
      intent,
      patience: site.patience,
      clock,
      signal,
    }),
    playbooks: createPlaybooks({ ...options, store, keyFile: key.file, controlDir }),
    addons: createAddons({ kubernetes: site.kubernetes, helm: site.helm, store }),
    kubernetes: createNodes(site, store, { clock, signal }),
    close: control.close,
  };
}

/** Nodes as steps watch them: all who wait share one list. */
function createNodes(
  { kubernetes }: Pick<Site, 'kubernetes'>,
  store: FactStore,
  how: { clock: Clock; signal: AbortSignal },
): World['kubernetes'] {
  const look = async (): Promise<KubernetesFacts> => {
    const seen = await kubernetes.observe();
    store.learnKubernetes(seen);
    return seen;
  };
  const lookFor = async (waiting: ReadonlyMap<SystemId, unknown>) => {
    const seen = await look();
    return { seen: new Map([...waiting.keys()].map(id => [id, nodeOf(seen, store.machine(id))])) };
  };
  return {
    watch: createPacer({ look: lookFor, ...how }),
    look,
    async deleteNode({ name, uid }, signal) {
      await (await kubernetes.client()).deleteNode(name, { uid, signal });
    },
  };
}
