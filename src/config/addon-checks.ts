import type { Capability } from '../addons/definition.ts';
import { neededBy, type WantedAddon, wantedAddons } from '../addons/wanted.ts';
import { compareKubernetesVersions, parseKubernetesVersion } from '../cluster/kubernetes-version.ts';
import type { CrossProblem } from './cross-checks.ts';
import type { ParsedCluster } from './schema.ts';

/** What add-ons need of each other, of Kubernetes and of the network. */
export function addonProblems(config: ParsedCluster): CrossProblem[] {
  const wanted = wantedAddons(config);
  return wanted.flatMap(addon => [
    ...[
      ...nameProblems(addon),
      ...addon.problems,
      ...missing(addon, wanted),
      ...versionProblems(addon, config.kubernetes.version),
      ...circles(addon, wanted),
      ...dashboardProblems(addon, wanted),
    ].map((message): CrossProblem => ({ paths: [`addons.${addon.name}`], message })),
    ...rivals(addon, wanted, config),
  ]);
}

/** A release of Helm has at most 53 characters. */
function nameProblems({ name }: WantedAddon): string[] {
  const good = /^[a-z0-9](?:[a-z0-9-]{0,51}[a-z0-9])?$/.test(name);
  return good ? [] : ['must be named with small letters, digits and -, at most 53 of them'];
}

function missing(addon: WantedAddon, wanted: readonly WantedAddon[]): string[] {
  const lacks = addon.needs.filter(need => !wanted.some(({ name }) => name === need));
  const unprovided = addon.needsCapabilities.filter(
    capability => !wanted.some(({ provides }) => provides.includes(capability)),
  );
  return [
    ...lacks.map(need => `needs ${need}: add it to addons`),
    ...unprovided.map(capability => `needs ${words[capability]}, and no other add-on here provides one`),
  ];
}

const words: Readonly<Record<Capability, string>> = {
  'pod-network': 'a pod network',
  'default-storage-class': 'a default storage class',
  'load-balancer': 'a load balancer',
  'gateway-api': 'the Gateway API',
  gateway: 'a gateway',
  certificates: 'an issuer of certificates',
  monitoring: 'monitoring',
};

function versionProblems({ kubernetes }: WantedAddon, version: string): string[] {
  const runs = parseKubernetesVersion(version);
  const [from, to] = [kubernetes.from, kubernetes.to].map(text => text && parseKubernetesVersion(text));
  if (!runs) return [];
  if (from && compareKubernetesVersions(runs, { minor: from.minor, patch: from.patch ?? 0 }) < 0)
    return [`needs Kubernetes ${kubernetes.from} or newer, and kubernetes.version is ${version}`];
  if (to && compareKubernetesVersions(runs, to) > 0)
    return [`works up to Kubernetes ${kubernetes.to}, and kubernetes.version is ${version}`];
  return [];
}

function circles(addon: WantedAddon, wanted: readonly WantedAddon[]): string[] {
  const seen = new Set<string>();
  const next = neededBy(addon, wanted);
  for (let name = next.pop(); name !== undefined; name = next.pop()) {
    if (name === addon.name) return ['needs itself, by way of what it needs'];
    const needed = wanted.find(other => other.name === name);
    if (needed && !seen.has(name)) next.push(...neededBy(needed, wanted));
    seen.add(name);
  }
  return [];
}

/** `coldstart open NAME` finds one page. */
function dashboardProblems(addon: WantedAddon, wanted: readonly WantedAddon[]): string[] {
  const all = wanted.flatMap(({ dashboards }) => dashboards);
  return addon.dashboards
    .filter(({ name }) => all.filter(other => other.name === name).length > 1)
    .map(({ name }) => `has the dashboard ${name}, and it is not the only one with this name`);
}

/** There can be one pod network, and one default storage class. */
function rivals(
  addon: WantedAddon,
  wanted: readonly WantedAddon[],
  { network }: ParsedCluster,
): CrossProblem[] {
  const problems: CrossProblem[] = [];
  if (addon.provides.includes('pod-network') && network.plugin !== 'none') {
    problems.push({
      paths: ['network.plugin', `addons.${addon.name}`],
      message: `must be none, because the add-on ${addon.name} is the network`,
    });
  }
  for (const capability of ['pod-network', 'default-storage-class'] as const) {
    const other = wanted.find(({ provides }) => provides.includes(capability));
    if (addon.provides.includes(capability) && other && other.name !== addon.name)
      problems.push({
        paths: [`addons.${addon.name}`],
        message: `provides ${words[capability]}, and so does ${other.name}: there can be one`,
      });
  }
  return problems;
}
