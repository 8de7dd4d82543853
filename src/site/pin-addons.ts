import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { AddonSource } from '../addons/definition.ts';
import { type AddonsConfig, versionOf, type WantedAddon, wantedAddons } from '../addons/wanted.ts';
import type { SystemId } from '../core/ids.ts';
import { mirroredSource } from '../mirror/address.ts';
import type { PinnedAddon } from '../plan/addons.ts';
import type { Facts } from '../plan/facts.ts';
import { bmcMachines, type FleetConfig } from './bmc-targets.ts';
import { shortHash } from './hashes.ts';

/**
 * The wanted add-ons, each with its version and the hash of everything that it is made of, files of this computer
 * included. BMCs count by their machines: what is there as it is wanted is known without asking MAAS for an address.
 */
export async function pinAddons(
  config: AddonsConfig & FleetConfig & { mirror?: { url?: string | undefined } },
  facts: Facts,
): Promise<PinnedAddon[]> {
  return Promise.all(
    wantedAddons(config).map(wanted => {
      const bmcs = wanted.bmcSetting === undefined ? [] : bmcMachines(config, facts);
      return pin(wanted, config.mirror?.url, bmcs.map(({ id }) => id).sort());
    }),
  );
}

/** From a mirror or from upstream, it is the same add-on. */
async function pin(
  wanted: WantedAddon,
  mirror: string | undefined,
  bmcsOf: readonly SystemId[],
): Promise<PinnedAddon> {
  const { source, namespace, namespaceLabels, values, objects } = wanted;
  const files = await Promise.all(localFiles(source).map(hashOf));
  const fingerprint = shortHash({
    source: withoutPaths(source),
    namespace,
    namespaceLabels,
    values,
    objects,
    files,
    ...(bmcsOf.length > 0 ? { bmcsOf } : {}),
  });
  return {
    ...wanted,
    ...(mirror === undefined ? {} : { source: mirroredSource(mirror, source) }),
    fingerprint,
    version: await versionFrom(source, fingerprint),
  };
}

function localFiles(source: AddonSource): string[] {
  if (source.kind === 'manifests') return source.from.filter(from => !from.includes('://'));
  return 'path' in source.chart ? [source.chart.path] : [];
}

/** The same files in another folder are the same add-on. */
function withoutPaths(source: AddonSource): unknown {
  if (source.kind === 'chart') return 'path' in source.chart ? 'path' : source;
  return { ...source, from: source.from.map(from => (from.includes('://') ? from : 'path')) };
}

/** Hash of a file, or of all files of a folder with their names. */
async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  if (!(await stat(file)).isDirectory()) return hash.update(await readFile(file)).digest('hex');
  const entries = await readdir(file, { recursive: true, withFileTypes: true });
  const names = entries.filter(entry => entry.isFile()).map(entry => path.join(entry.parentPath, entry.name));
  for (const name of names.sort()) {
    hash.update(`${path.relative(file, name)}\0`).update(await readFile(name));
  }
  return hash.digest('hex');
}

/** What is pinned; a chart in a folder says it in Chart.yaml; else the first letters of the hash. */
async function versionFrom(source: AddonSource, fingerprint: string): Promise<string> {
  const pinned = versionOf(source);
  if (pinned !== undefined && pinned !== 'own') return pinned;
  if (source.kind === 'chart' && 'path' in source.chart) {
    const text = await readFile(path.join(source.chart.path, 'Chart.yaml'), 'utf8').catch(() => '');
    const chart = parse(text) as { version?: unknown } | null;
    if (typeof chart?.version === 'string') return chart.version;
  }
  return fingerprint.slice(0, 8);
}
