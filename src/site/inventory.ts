import { playbookVariables } from '../cluster/playbook-variables.ts';
import type { Site } from '../compose.ts';
import type { SystemId } from '../core/ids.ts';
import { type AnsibleInventory, buildInventory, type InventoryRole } from '../inventory/inventory.ts';
import type { Machine } from '../maas/machine.ts';
import { assessFleet, type Fleet } from '../plan/assess.ts';
import { identityOptions, keyOptions, loginKeys } from '../ssh/arguments.ts';
import { hostIdentity } from '../ssh/known-hosts.ts';

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
  machines: readonly Machine[],
  { keyFile, first: chosen, include }: InventoryOptions,
): AnsibleInventory {
  const { config, clusterDir, kubeconfigFile } = site;
  const fleet = fleetOf(site, machines);
  const first =
    fleet.machines.find(({ machine }) => machine.id === chosen)?.machine ?? fleet.firstControlPlane;
  const keys = keyOptions(loginKeys(keyFile, config.ssh.privateKeyFile));
  return buildInventory({
    machines,
    roles: new Map<SystemId, InventoryRole>(fleet.machines.map(({ machine, role }) => [machine.id, role])),
    variables: playbookVariables(config, {
      kubeconfigPath: kubeconfigFile,
      ...(first ? { firstControlPlane: first.hostname } : {}),
    }),
    ssh: {
      user: config.ssh.user,
      identityOptions: ({ id }) => [...identityOptions(hostIdentity(clusterDir, id)), ...keys],
    },
    ...(first ? { firstControlPlane: first.id } : {}),
    ...(include ? { include } : {}),
  });
}

/** Roles depend on tags only: nobody's ownership is asked for. */
function fleetOf({ config }: Pick<Site, 'config'>, machines: readonly Machine[]): Fleet {
  const user = machines.find(({ owner }) => owner !== undefined)?.owner ?? '';
  const facts = {
    user,
    machines: new Map(machines.map(machine => [machine.id, machine])),
    kubernetes: { state: 'unknown' },
  } as const;
  return assessFleet(config, facts, 'up');
}
