import type { ClusterConfig } from '../config/schema.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { isPassing } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { MaasClient } from '../maas/client.ts';
import { outcomeUnknown } from '../maas/failure.ts';
import type { Machine } from '../maas/machine.ts';
import { type Intent, refusalOf } from '../plan/assess.ts';
import { annotationKeys } from '../plan/facts.ts';
import { outOfScope } from '../plan/standing.ts';
import { clusterKey, fingerprint, hostKey, type KeyPair } from '../ssh/identity.ts';
import type { KnownHosts } from '../ssh/known-hosts.ts';
import { userData } from '../ssh/user-data.ts';
import type { World } from '../steps/ports.ts';
import { coalesce } from './coalesce.ts';
import type { FactStore } from './fact-store.ts';
import { createWatch, gone } from './watch.ts';

/** Looks that come within this time share a request. */
const lookWindowMs = 30;
/** How long a change is tried while MAAS does not answer, and how often. */
const patienceMs = 5 * 60_000;
const pauseMs = 2_000;
/** A deployment follows its claim at once, unless this computer slept in between. */
const claimHoldsMs = 5 * 60_000;

export interface MachinesOptions {
  client: MaasClient;
  config: ClusterConfig;
  clusterDir: string;
  knownHosts: KnownHosts;
  store: FactStore;
  intent: Intent;
  /** Called when MAAS has taken the machine back. */
  onReleased(id: SystemId): Promise<void>;
  signal: AbortSignal;
  /** What limits are multiplied with. */
  patience?: number;
  clock?: Clock;
}

/** The machines in MAAS, as steps use them. */
export function createMachines({
  client,
  config,
  clusterDir,
  knownHosts,
  store,
  intent,
  onReleased,
  signal,
  patience = 1,
  clock = systemClock,
}: MachinesOptions): World['machines'] {
  const lookTogether = coalesce((ids: SystemId[]) => client.poll(ids, { signal }), lookWindowMs);

  const look = async (id: SystemId): Promise<Machine> => {
    const machine = await lookTogether(id);
    if (!machine) throw gone(store.machine(id));
    store.learnMachine(machine);
    return machine;
  };
  /** A call whose answer was lost may have worked: the machine itself tells. A MAAS that is away for a while is waited for. */
  const call = async (
    id: SystemId,
    signal: AbortSignal,
    act: () => Promise<Machine>,
    worked: (machine: Machine) => boolean,
  ): Promise<void> => {
    const startedAt = clock.now();
    for (;;) {
      try {
        store.learnMachine(await act());
        return;
      } catch (error) {
        if (outcomeUnknown(error) && (await hasWorked(id, worked))) return;
        if (!isPassing(error) || clock.now() - startedAt > patienceMs * patience) throw error;
        await clock.sleep(pauseMs, signal);
      }
    }
  };
  const hasWorked = async (id: SystemId, worked: (machine: Machine) => boolean): Promise<boolean> => {
    try {
      return worked(await look(id));
    } catch (error) {
      if (isPassing(error)) return false;
      throw error;
    }
  };
  const annotate: World['machines']['annotate'] = (id, annotations, signal) =>
    call(
      id,
      signal,
      () => client.setAnnotations(id, annotations, { signal }),
      machine =>
        Object.entries(annotations).every(([key, value]) => (machine.annotations[key] ?? '') === value),
    );
  /** The answer to a claim is new enough for the deployment that follows it, once. */
  const claimedAt = new Map<SystemId, number>();
  const notesOfDeployment = async (id: SystemId): Promise<Record<string, string>> => ({
    [annotationKeys.identity]: fingerprint((await hostKey(clusterDir, id)).publicKey),
    [annotationKeys.deployed]: new Date(clock.now()).toISOString(),
  });
  return {
    look,
    watch: createWatch({ client, store, clock, signal }),
    allocate: (id, signal) =>
      call(
        id,
        signal,
        () => client.allocate(id, { signal, comment: commentFor(config) }),
        ({ status, owner }) => status === 'allocated' && owner === store.user,
      ),
    async claim(id, annotations, signal) {
      await annotate(id, { ...annotations, ...(await notesOfDeployment(id)) }, signal);
      claimedAt.set(id, clock.now());
    },
    async deploy(id, { hasWaited }, signal) {
      const identity = await hostKey(clusterDir, id);
      await knownHosts.add(id, identity.publicKey);
      const request = await deployRequest(config, clusterDir, identity);
      const ageMs = clock.now() - (claimedAt.get(id) ?? Number.NEGATIVE_INFINITY);
      claimedAt.delete(id);
      if (hasWaited || ageMs > claimHoldsMs) await annotate(id, await notesOfDeployment(id), signal);
      // The answer to the annotation is the machine as it is now: a deployment overwrites its disk.
      refuseOutOfScope('deploy', store.machine(id), config, store.user, intent);
      await call(
        id,
        signal,
        () => client.deploy(id, request, { signal }),
        ({ status }) => status === 'deploying' || status === 'deployed',
      );
    },
    powerOn: (id, signal) =>
      call(
        id,
        signal,
        () => client.powerOn(id, { signal, comment: commentFor(config) }),
        ({ powerState }) => powerState === 'on',
      ),
    async release(id, { erase }, signal) {
      await call(
        id,
        signal,
        async () => {
          refuseOutOfScope('release', await look(id), config, store.user, intent);
          return client.release(id, { comment: commentFor(config), erase }, { signal });
        },
        ({ status }) => status === 'releasing' || status === 'disk_erasing' || status === 'ready',
      );
      await onReleased(id);
    },
    markBroken: (id, reason, signal) =>
      call(
        id,
        signal,
        async () => {
          refuseOutOfScope('mark broken', await look(id), config, store.user, intent);
          return client.markBroken(id, `${commentFor(config)}: ${reason}`, { signal });
        },
        ({ status }) => status === 'broken',
      ),
    annotate,
  };
}

async function deployRequest(
  config: ClusterConfig,
  clusterDir: string,
  identity: KeyPair,
): Promise<{ osImage?: string; hweKernel?: string; userData: string; comment: string }> {
  const login = await clusterKey(clusterDir);
  const authorizedKeys = [login.publicKey, ...config.ssh.authorizedKeys];
  return {
    ...(config.os.image === undefined ? {} : { osImage: config.os.image }),
    ...(config.os.kernel === undefined ? {} : { hweKernel: config.os.kernel }),
    userData: userData({ hostKey: identity, authorizedKeys }),
    comment: commentFor(config),
  };
}

/** The last look before disks are erased: the plan may be minutes old. */
function refuseOutOfScope(
  verb: string,
  machine: Machine,
  config: ClusterConfig,
  user: string,
  intent: Intent,
): void {
  const refused = refusalOf(machine, config, user, intent);
  if (refused !== undefined) throw outOfScope(`did not ${verb} ${machine.hostname}`, refused);
}

function commentFor({ name }: ClusterConfig): string {
  return `coldstart: cluster ${name}`;
}
