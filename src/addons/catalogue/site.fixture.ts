import type { AddonCluster, PlainTree } from '../definition.ts';
import { addonsSection } from '../settings.ts';
import { type AddonsConfig, type WantedAddon, wantedAddons } from '../wanted.ts';

/** What the section `addons` of a file comes to, add-on by add-on. */
export function furnish(
  addons: PlainTree,
  cluster: Partial<AddonsConfig['kubernetes']> = {},
): Record<string, WantedAddon> {
  const network: { plugin: AddonCluster['networkPlugin'] } = { plugin: 'none' };
  const kubernetes = {
    version: '1.36',
    podSubnet: '10.244.0.0/16',
    serviceSubnet: '10.96.0.0/12',
    dnsDomain: 'cluster.local',
    ...cluster,
  };
  const wanted = wantedAddons({ name: 'rack', kubernetes, network, addons: addonsSection.parse(addons) });
  return Object.fromEntries(wanted.map(addon => [addon.name, addon]));
}

/** What is said about a file whose section `addons` is wrong: path and sentence. */
export function refusals(addons: PlainTree): string[] {
  const result = addonsSection.safeParse(addons);
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}
