import { type AddonsConfig, type WantedAddon, wantedAddons } from '../addons/wanted.ts';
import type { Site } from '../compose.ts';
import type { ClusterConfig } from '../config/schema.ts';
import { ColdstartError } from '../core/errors.ts';
import type { Machine } from '../maas/machine.ts';
import type { PlannedAddon } from '../plan/addons.ts';
import { assessFleet, membersOf } from '../plan/assess.ts';
import type { Facts } from '../plan/facts.ts';

export type FleetConfig = Pick<ClusterConfig, 'name' | 'machines' | 'kubernetes'>;

/** The cluster's own machines that MAAS switches by IPMI. */
export function bmcMachines(config: FleetConfig, facts: Facts): Machine[] {
  return membersOf(assessFleet(config, facts, 'up'))
    .map(({ machine }) => machine)
    .filter(({ powerType }) => powerType === 'ipmi');
}

interface FoundBmcs {
  /** Sentences with file and line; nothing may be touched while there is one. */
  problems: string[];
  warnings: string[];
  /** The add-on with the addresses in what is applied of it. Its fingerprint counts machines, and stays. */
  fillIn(planned: PlannedAddon): PlannedAddon;
}

/** Asks MAAS where the BMCs are, for the add-ons that leave it to MAAS; asks nothing when there are none. */
export async function findBmcs(
  { client, config, loaded }: Pick<Site, 'client' | 'config' | 'loaded'>,
  facts: Facts,
  addons: readonly Pick<WantedAddon, 'name' | 'bmcSetting'>[],
): Promise<FoundBmcs> {
  const asking = addons.filter(({ bmcSetting }) => bmcSetting !== undefined);
  const said = (text: string) =>
    asking.map(({ name, bmcSetting }) => {
      const path = `addons.${name}`;
      return `${loaded.originOf(path)}: ${path}: ${text.replaceAll('SETTING', `${path}.${bmcSetting}`)}`;
    });
  const found: FoundBmcs = { problems: [], warnings: [], fillIn: planned => planned };
  if (asking.length === 0) return found;
  const machines = bmcMachines(config, facts);
  if (machines.length === 0) return { ...found, problems: said(noMachine) };
  const addresses = await addressesOf(client, machines);
  if (addresses === 'forbidden') return { ...found, problems: said(forbidden) };
  const without = machines.filter(({ id }) => !addresses.has(id)).map(({ hostname }) => hostname);
  if (without.length === machines.length) return { ...found, problems: said(noAddress) };
  return {
    problems: [],
    warnings: without.length === 0 ? [] : said(`MAAS has no BMC address of ${without.join(', ')}`),
    fillIn: filler(config, [...new Set(addresses.values())].sort()),
  };
}

const noMachine = 'no machine of the cluster has the power type ipmi in MAAS; name the BMCs in SETTING';
const noAddress = 'MAAS has no address of any BMC; name the BMCs in SETTING';
const forbidden =
  "MAAS shows the addresses of BMCs to administrators only; name them in SETTING, or use an administrator's key";

async function addressesOf(
  client: Site['client'],
  machines: readonly Machine[],
): Promise<Awaited<ReturnType<Site['client']['bmcAddresses']>> | 'forbidden'> {
  try {
    return await client.bmcAddresses(machines.map(({ id }) => id));
  } catch (error) {
    if (error instanceof ColdstartError && error.code === 'MAAS_FORBIDDEN') return 'forbidden';
    throw error;
  }
}

function filler(config: AddonsConfig, addresses: readonly string[]): FoundBmcs['fillIn'] {
  const made = wantedAddons(config, addresses);
  return planned => {
    const { target } = planned;
    const objects = made.find(({ name }) => name === target.name)?.objects;
    if (target.wanted?.bmcSetting === undefined || objects === undefined) return planned;
    return { ...planned, target: { ...target, wanted: { ...target.wanted, objects } } };
  };
}
