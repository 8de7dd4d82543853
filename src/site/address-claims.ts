import {
  checkPool,
  type MaasSubnetUse,
  overlappingRanges,
  parseAddressRange,
} from '../addons/catalogue/address-pool.ts';
import type { WantedAddon } from '../addons/wanted.ts';
import type { Site } from '../compose.ts';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import type { MaasClient } from '../maas/client.ts';

interface Remarks {
  /** Sentences with file and line; nothing may be touched while there is one. */
  problems: string[];
  warnings: string[];
}

/**
 * Whether the addresses that add-ons give out by themselves are out of MAAS's way. Asks MAAS for its subnets, its ranges,
 * and who has an address of the subnets concerned; asks nothing when no add-on gives out any.
 */
export async function checkAddressClaims(
  { client, loaded: { originOf } }: Pick<Site, 'client' | 'loaded'>,
  addons: readonly Pick<WantedAddon, 'name' | 'givesOut'>[],
): Promise<Remarks> {
  const claims = addons.flatMap(({ name, givesOut }) =>
    givesOut.map(({ setting, addresses }) => ({ path: `addons.${name}.${setting}`, addresses })),
  );
  if (claims.length === 0) return { problems: [], warnings: [] };
  try {
    const use = await addressUse(
      client,
      claims.map(({ addresses }) => addresses),
    );
    const findings = claims.map(({ path, addresses }) => {
      const { errors, advice } = checkPool([addresses], use);
      const said = (text: string) => `${originOf(path)}: ${path}: ${text}`;
      return { problems: errors.map(error => said(`${error}${remedy}`)), warnings: advice.map(said) };
    });
    return {
      problems: findings.flatMap(({ problems }) => problems),
      warnings: findings.flatMap(({ warnings }) => warnings),
    };
  } catch (error) {
    // With access control a key may see machines and no networks: that is no reason to stop.
    if (!(error instanceof ColdstartError) || error.code !== 'MAAS_FORBIDDEN') throw error;
    return { problems: [], warnings: [`could not ask MAAS who has which address: ${reasonOf(error)}`] };
  }
}

const remedy = '; choose addresses that MAAS leaves alone, or change that in MAAS';

/** What MAAS knows of every subnet; of those that share addresses with `ranges` also who has one. */
async function addressUse(client: MaasClient, ranges: readonly string[]): Promise<MaasSubnetUse[]> {
  const [subnets, ipRanges] = await Promise.all([client.subnets(), client.ipRanges()]);
  return Promise.all(
    subnets.map(async ({ id, cidr, managed, gateway }) => ({
      cidr,
      managed,
      ...(gateway === undefined ? {} : { gateway }),
      ranges: ipRanges.filter(({ subnetId }) => subnetId === id),
      taken: ranges.some(range => touches(range, cidr)) ? await holders(client, id) : [],
    })),
  );
}

async function holders(client: MaasClient, subnetId: number): Promise<MaasSubnetUse['taken']> {
  const addresses = await client.subnetAddresses(subnetId);
  return addresses.map(({ address, holder }) => ({ address, by: holder }));
}

function touches(range: string, cidr: string): boolean {
  const [a, b] = [parseAddressRange(range), parseAddressRange(cidr)];
  return typeof a !== 'string' && typeof b !== 'string' && overlappingRanges([a, b]).length > 0;
}
