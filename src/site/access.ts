import type { ClusterConfig } from '../config/schema.ts';
import type { Machine } from '../maas/machine.ts';
import { loginKeys, type SshAccess } from '../ssh/arguments.ts';
import { hostIdentity } from '../ssh/known-hosts.ts';
import { probeSsh } from '../ssh/probe.ts';
import { sshUser } from '../ssh/user.ts';
import type { World } from '../steps/ports.ts';
import type { FactStore } from './fact-store.ts';

export interface AccessOptions {
  config: ClusterConfig;
  clusterDir: string;
  /** Where connections are kept; undefined: none are. */
  controlDir: string | undefined;
  /** The file of the cluster's own key. */
  keyFile: string;
  /** Added to the environment of ssh. */
  env: Readonly<Record<string, string>>;
}

/** How every machine is reached over SSH. A machine that others deployed is checked against the operator's known_hosts. */
export function sshAccess(options: AccessOptions, machine: Machine): SshAccess {
  const { config, clusterDir, controlDir, keyFile } = options;
  return {
    address: machine.address ?? machine.fqdn,
    user: sshUser(config, machine),
    privateKeyFiles: loginKeys(keyFile, config.ssh.privateKeyFile),
    ...hostIdentity(clusterDir, machine),
    controlDir,
  };
}

/** Whether machines can be worked on, as steps ask it. */
export function createAccess(
  options: AccessOptions,
  store: FactStore,
  machines: World['machines'],
  signal: AbortSignal,
): World['access'] {
  return {
    async look(id) {
      // Addresses appear, and may change, after the machine is Deployed.
      const known = store.machine(id);
      const machine = known.address === undefined ? await machines.look(id) : known;
      if (machine.address === undefined) return { done: false, seen: 'MAAS shows no address yet' };
      return probeSsh(machine.hostname, sshAccess(options, machine), { signal, env: options.env });
    },
  };
}
