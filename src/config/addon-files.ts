import type { AddonsSection, CustomAddon } from '../addons/settings.ts';
import { inCatalogue } from '../addons/wanted.ts';

/** The section with the paths of charts and manifests made absolute. */
export function withAbsolutePaths(addons: AddonsSection, absolute: (path: string) => string): AddonsSection {
  return Object.fromEntries(
    Object.entries(addons).map(([name, settings]) => {
      if (settings === undefined || inCatalogue(name)) return [name, settings];
      const { chart, manifests, ...rest } = settings as CustomAddon;
      return [
        name,
        {
          ...rest,
          ...(chart && {
            chart: chart.path === undefined ? chart : { ...chart, path: absolute(chart.path) },
          }),
          ...(manifests && {
            manifests: manifests.map(from => (from.includes('://') ? from : absolute(from))),
          }),
        },
      ];
    }),
  );
}

/** Every file of this computer that the section names, by its setting. */
export function addonFiles(addons: AddonsSection): Record<string, string> {
  return Object.fromEntries(
    Object.entries(addons).flatMap(([name, settings]) => {
      if (settings === undefined || inCatalogue(name)) return [];
      const { chart, manifests = [] } = settings as CustomAddon;
      return [
        ...(chart?.path === undefined ? [] : [[`addons.${name}.chart.path`, chart.path]]),
        ...manifests.map((from, index) => [`addons.${name}.manifests.${index}`, from]),
      ];
    }),
  );
}
