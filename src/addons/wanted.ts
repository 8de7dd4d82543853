import { catalogue } from './catalogue/index.ts';
import { type Dashboard, ownDashboard } from './dashboards.ts';
import type {
  Addon,
  AddonCluster,
  AddonSource,
  AddressClaim,
  Capability,
  ChartSource,
  KernelNeed,
  KubernetesObject,
  PlainTree,
  ReadyCondition,
} from './definition.ts';
import type { AddonsSection, CustomAddon } from './settings.ts';

/** What of the configuration add-ons follow from. */
export interface AddonsConfig {
  name: string;
  kubernetes: {
    version: string;
    podSubnet: string;
    serviceSubnet: string;
    dnsDomain: string;
    endpoint?: string | undefined;
  };
  network: { plugin: AddonCluster['networkPlugin'] };
  addons: AddonsSection;
}

/** An add-on that the file names, with everything that follows from the settings. */
export interface WantedAddon {
  name: string;
  title: string;
  namespace: string;
  namespaceLabels: Readonly<Record<string, string>>;
  source: AddonSource;
  values: PlainTree;
  objects: KubernetesObject[];
  /** Add-ons that are named as needed, wanted or not. */
  needs: readonly string[];
  needsCapabilities: readonly Capability[];
  kubernetes: { from?: string; to?: string };
  kernel: KernelNeed | undefined;
  provides: readonly Capability[];
  ready: ReadyCondition[];
  dashboards: readonly Dashboard[];
  afterwards: readonly string[];
  losesData: string | undefined;
  /** Addresses that MAAS must leave alone. */
  givesOut: readonly AddressClaim[];
  /** The setting in whose place MAAS is asked for the addresses of the BMCs. */
  bmcSetting: string | undefined;
  /** Sentences that continue "addons.NAME: …". */
  problems: readonly string[];
}

/** Every wanted add-on, in the order of the file's parsed section. Pure. */
export function wantedAddons(config: AddonsConfig, bmcAddresses: readonly string[] = []): WantedAddon[] {
  const named = Object.entries(config.addons).flatMap(([name, settings]) =>
    settings === undefined ? [] : [{ name, settings, definition: inCatalogue(name) }],
  );
  const provided = new Set(
    named.flatMap(({ settings, definition }) =>
      definition ? (definition.provides?.(settings) ?? []) : (settings as CustomAddon).provides,
    ),
  );
  const cluster = { ...clusterOf(config, provided), bmcAddresses };
  return named.map(({ name, settings, definition }) =>
    definition
      ? fromCatalogue(definition, settings, cluster)
      : fromCustom(name, settings as unknown as CustomAddon),
  );
}

/** The wanted add-ons that this one starts after: those it names, and those that provide what it needs. */
export function neededBy(addon: WantedAddon, wanted: readonly WantedAddon[]): string[] {
  return wanted
    .filter(
      ({ name, provides }) =>
        addon.needs.includes(name) ||
        (name !== addon.name && provides.some(has => addon.needsCapabilities.includes(has))),
    )
    .map(({ name }) => name);
}

export function inCatalogue(name: string): Addon | undefined {
  return catalogue.find(addon => addon.name === name);
}

/** The version that a source pins; undefined for charts in folders, which say it themselves. */
export function versionOf(source: AddonSource): string | undefined {
  if (source.kind === 'manifests') return source.version;
  return 'version' in source.chart ? source.chart.version : undefined;
}

function clusterOf(
  config: AddonsConfig,
  provided: ReadonlySet<Capability>,
): Omit<AddonCluster, 'bmcAddresses'> {
  const { endpoint, version, podSubnet, serviceSubnet, dnsDomain } = config.kubernetes;
  return {
    name: config.name,
    kubernetesVersion: version,
    podSubnet,
    serviceSubnet,
    dnsDomain,
    ...(endpoint === undefined ? {} : { endpoint }),
    networkPlugin: config.network.plugin,
    wants: addon => config.addons[addon] !== undefined,
    provides: capability => provided.has(capability),
    settingsOf: addon => config.addons[addon],
  };
}

function fromCatalogue(definition: Addon, settings: PlainTree, cluster: AddonCluster): WantedAddon {
  const { name, title, namespace, namespaceLabels = {}, losesData } = definition;
  const dashboards = definition.dashboards?.(settings, cluster) ?? [];
  return {
    name,
    title,
    namespace,
    namespaceLabels,
    source: withVersion(definition.source, settings.version),
    values: mergeValues(definition.values?.(settings, cluster) ?? {}, settings.values ?? {}) as PlainTree,
    objects: definition.objects?.(settings, cluster) ?? [],
    ...needsOf(definition, settings, cluster),
    provides: definition.provides?.(settings) ?? [],
    ready: definition.ready?.(settings, cluster) ?? [],
    dashboards,
    afterwards: [...dashboards.map(wayIn), ...(definition.afterwards?.(settings, cluster) ?? [])],
    losesData,
    givesOut: definition.givesOut?.(settings) ?? [],
    bmcSetting: definition.bmcSetting?.(settings),
    problems: definition.problems?.(settings, cluster) ?? [],
  };
}

function needsOf(
  { needs = {}, alsoNeeds, source }: Addon,
  settings: PlainTree,
  cluster: AddonCluster,
): Pick<WantedAddon, 'needs' | 'needsCapabilities' | 'kubernetes' | 'kernel'> {
  const more = alsoNeeds?.(settings, cluster) ?? {};
  const isPinned = versionOf(withVersion(source, settings.version)) === versionOf(source);
  return {
    needs: [...(needs.addons ?? []), ...(more.addons ?? [])],
    needsCapabilities: [...(needs.capabilities ?? []), ...(more.capabilities ?? [])],
    // What another version of the chart needs, nobody has looked up.
    kubernetes: isPinned ? (needs.kubernetes ?? {}) : {},
    kernel: isPinned ? needs.kernel : undefined,
  };
}

function fromCustom(name: string, settings: CustomAddon): WantedAddon {
  const { chart, manifests = [], namespace, values, needs, provides, losesData } = settings;
  const dashboards = settings.dashboards.map(each => ownDashboard(name, each));
  return {
    name,
    title: chart ? 'a chart of your own' : 'manifests of your own',
    namespace,
    namespaceLabels: {},
    // The schema says that exactly one of repository, oci and path is there, with what belongs to it.
    source: chart
      ? { kind: 'chart', chart: chart as ChartSource }
      : { kind: 'manifests', version: 'own', from: manifests },
    values,
    objects: [],
    needs,
    needsCapabilities: [],
    kubernetes: {},
    kernel: undefined,
    provides,
    ready: [],
    dashboards,
    afterwards: dashboards.map(wayIn),
    losesData,
    givesOut: [],
    bmcSetting: undefined,
    problems: [],
  };
}

function wayIn({ name, title, url }: Dashboard): string {
  const hint = `coldstart open ${name} shows ${url === undefined ? 'the way in' : 'the login'}`;
  return url === undefined ? `${title}: ${hint}` : `${title}: ${url} (${hint})`;
}

function withVersion(source: AddonSource, version: unknown): AddonSource {
  if (source.kind !== 'chart' || typeof version !== 'string' || 'path' in source.chart) return source;
  return { kind: 'chart', chart: { ...source.chart, version } };
}

/** As Helm merges values: maps deep, everything else replaced; null takes a default of the chart away. */
function mergeValues(base: unknown, over: unknown): unknown {
  if (!isTree(base) || !isTree(over)) return over;
  const merged = new Map(Object.entries(base));
  for (const [key, value] of Object.entries(over))
    merged.set(key, merged.has(key) ? mergeValues(merged.get(key), value) : value);
  return Object.fromEntries(merged);
}

function isTree(value: unknown): value is PlainTree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
