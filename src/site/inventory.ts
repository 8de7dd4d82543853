import { playbookVariables } from '../cluster/playbook-variables.ts';
import type { Site } from '../compose.ts';
import type { SystemId } from '../core/ids.ts';
import { type AnsibleInventory, buildInventory, type InventoryRole } from '../inventory/inventory.ts';
import type { Machine } from '../maas/machine.ts';
import { assessFleet } from '../plan/assess.ts';
import type { Facts } from '../plan/facts.ts';
import { identityOptions, keyOptions, loginKeys } from '../ssh/arguments.ts';
import { hostIdentity } from '../ssh/known-hosts.ts';
import { sshUser } from '../ssh/user.ts';

export interface InventoryOptions {
  /** The file of the key to log in with. */
  keyFile: string;
  /** The control plane that makes the cluster; chosen as the planner chooses when missing. */
  first?: SystemId;
  /** Which machines appear, besides having an address; Deployed ones that are not switched off when missing. */
  include?: (machine: Machine) => boolean;
}

/** The inventory of a site's machines: for coldstart's own playbook runs and for people, the same one. */
export function siteInventory(
  site: Pick<Site, 'config' | 'clusterDir' | 'kubeconfigFile'>,
  { user, machines }: Pick<Facts, 'user' | 'machines'>,
  { keyFile, first: chosen, include }: InventoryOptions,
): AnsibleInventory {
  const { config, clusterDir, kubeconfigFile } = site;
  const fleet = assessFleet(config, { user, machines, kubernetes: { state: 'none' } }, 'up');
  // What coldstart leaves alone, a playbook run by hand must not reach either.
  const inScope = fleet.machines.filter(({ refused }) => refused === undefined);
  const first =
    fleet.machines.find(({ machine }) => machine.id === chosen)?.machine ?? fleet.firstControlPlane;
  const keys = keyOptions(loginKeys(keyFile, config.ssh.privateKeyFile));
  return buildInventory({
    machines: inScope.map(({ machine }) => machine),
    roles: new Map<SystemId, InventoryRole>(inScope.map(({ machine, role }) => [machine.id, role])),
    variables: playbookVariables(config, {
      kubeconfigPath: kubeconfigFile,
      ...(first ? { firstControlPlane: first.hostname } : {}),
    }),
    ssh: {
      userOf: machine => sshUser(config, machine),
      identityOptions: machine => [...identityOptions(hostIdentity(clusterDir, machine)), ...keys],
    },
    ...(first ? { firstControlPlane: first.id } : {}),
    ...(include ? { include } : {}),
  });
}
