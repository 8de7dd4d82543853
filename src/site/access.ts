import type { ClusterConfig } from '../config/schema.ts';
import type { Clock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { Sight } from '../engine/step.ts';
import type { Machine } from '../maas/machine.ts';
import type { Intent } from '../plan/assess.ts';
import { annotationKeys } from '../plan/facts.ts';
import { lostStanding } from '../plan/standing.ts';
import { loginKeys, type SshAccess } from '../ssh/arguments.ts';
import { hostIdentity } from '../ssh/known-hosts.ts';
import { probeSsh } from '../ssh/probe.ts';
import { sshUser } from '../ssh/user.ts';
import type { World } from '../steps/ports.ts';
import type { FactStore } from './fact-store.ts';

export interface SshOptions {
  config: ClusterConfig;
  clusterDir: string;
  /** Where connections are kept; undefined: none are. */
  controlDir: string | undefined;
  /** The file of the cluster's own key. */
  keyFile: string;
  /** Added to the environment of ssh. */
  env: Readonly<Record<string, string>>;
}

export interface AccessOptions extends SshOptions {
  store: FactStore;
  machines: Pick<World['machines'], 'look'>;
  intent: Intent;
  /** What limits are multiplied with. */
  patience: number;
  clock: Clock;
  signal: AbortSignal;
}

/** How every machine is reached over SSH. A machine that others deployed is checked against the operator's known_hosts. */
export function sshAccess(options: SshOptions, machine: Machine): SshAccess {
  const { config, clusterDir, controlDir, keyFile } = options;
  return {
    address: machine.address ?? machine.fqdn,
    user: sshUser(config, machine),
    privateKeyFiles: loginKeys(keyFile, config.ssh.privateKeyFile),
    ...hostIdentity(clusterDir, machine),
    controlDir,
  };
}

/** A machine that boots is silent for a while; MAAS is asked again about its address when it is silent for longer. */
const silentMs = 30_000;
/** How long somebody else may answer at a machine's address, until MAAS says another one, and how often MAAS is asked. */
const strangerMs = 30_000;
const strangerPauseMs = 5_000;

/** A machine that did not answer as itself. */
interface Trouble {
  address: string;
  sinceMs: number;
  askedMs: number;
  /** Since when somebody else answers there. */
  strangerSinceMs?: number;
}

/**
 * Whether machines can be worked on, as steps ask it. Addresses appear, and may change, after a machine is Deployed: while it
 * does not answer at the one that is known, MAAS is asked again, seldom, and what it says then is tried next.
 */
export function createAccess(options: AccessOptions): World['access'] {
  const { store, machines, clock, signal, patience, env } = options;
  const troubles = new Map<SystemId, Trouble>();

  const isDue = ({ sinceMs, askedMs, strangerSinceMs }: Trouble): boolean => {
    const now = clock.now();
    const pauseMs = strangerSinceMs === undefined ? Math.max(silentMs, askedMs - sinceMs) : strangerPauseMs;
    return now - askedMs >= pauseMs * patience;
  };
  const current = async (id: SystemId): Promise<Machine> => {
    const known = store.machine(id);
    const trouble = troubles.get(id);
    if (known.address !== undefined && !(trouble && isDue(trouble))) return known;
    const machine = await machines.look(id);
    if (trouble) trouble.askedMs = clock.now();
    const lost = lostStanding(machine, `${machine.hostname} was given up`, {
      ...options,
      user: store.user,
      deployed: true,
    });
    if (lost) throw lost;
    return machine;
  };
  const troubleAt = (id: SystemId, address: string): Trouble => {
    const known = troubles.get(id);
    const now = clock.now();
    const trouble = known?.address === address ? known : { address, sinceMs: now, askedMs: now };
    troubles.set(id, trouble);
    return trouble;
  };
  /** Somebody else: maybe the machine has another address by now, and MAAS is about to learn it. */
  const waitForAnother = async (
    machine: Machine,
    address: string,
    stranger: ColdstartError,
  ): Promise<Sight> => {
    const trouble = troubleAt(machine.id, address);
    const since = trouble.strangerSinceMs;
    trouble.strangerSinceMs ??= clock.now();
    // Asked at once the first time.
    if (since === undefined) trouble.askedMs = Number.NEGATIVE_INFINITY;
    else if (clock.now() - since >= strangerMs * patience) throw named(stranger, machine, store);
    return { done: false, seen: `somebody else answers at ${address}; asking MAAS for another address` };
  };
  return {
    async look(id) {
      const machine = await current(id);
      const { address } = machine;
      if (address === undefined) return { done: false, seen: 'MAAS shows no address yet', remedy: noAddress };
      const access = sshAccess(options, machine);
      try {
        const sight = await probeSsh(machine.hostname, access, { signal, env });
        if (sight.done) troubles.delete(id);
        else troubleAt(id, address);
        return sight.done ? sight : { ...sight, remedy: remedyOf(machine, address, sight.seen) };
      } catch (error) {
        // Where the operator's known_hosts decides, no other address makes up for a key that is not in it.
        const isStranger = error instanceof ColdstartError && error.code === 'SSH_HOST_KEY';
        if (!isStranger || access.hostKeyAlias === undefined) throw error;
        return waitForAnother(machine, address, error);
      }
    },
  };
}

const noAddress =
  'look at the interfaces of the machine in MAAS: one needs a subnet, and an address from it or from DHCP';

function remedyOf({ hostname }: Machine, address: string, seen: string): string {
  if (/Permission denied/i.test(seen))
    return `${address} lets nobody in with the keys at hand: set ssh.user and ssh.privateKeyFile in cluster.yaml, or reset the machine`;
  return (
    `MAAS says that ${hostname} has the address ${address}, and no SSH server answers there: compare it with what its console shows ` +
    '(ip address), then correct its interfaces in MAAS, its network or its firewall'
  );
}

/** Says who answers there, where that is one of our own. */
function named(stranger: ColdstartError, { id, address }: Machine, store: FactStore): ColdstartError {
  const { code, message, because, hint, data } = stranger;
  const others = store.machines().filter(other => other.id !== id);
  const shown = data['shownKey'];
  const who = others.find(({ annotations }) => annotations[annotationKeys.identity] === shown);
  const sharing = others.find(other => other.address === address);
  const told = [
    ...(because === undefined ? [] : [because]),
    ...(who ? [`it is ${who.hostname} that answers there`] : []),
    ...(sharing ? [`MAAS gives ${sharing.hostname} the same address`] : []),
  ];
  return new ColdstartError(code, message, { because: told.join('; '), hint, data });
}
