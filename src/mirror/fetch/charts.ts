import { stat } from 'node:fs/promises';
import { parse } from 'yaml';
import type { ChartSource } from '../../addons/definition.ts';
import type { WantedAddon } from '../../addons/wanted.ts';
import { ColdstartError } from '../../core/errors.ts';
import { renderChart } from '../../helm/helm.ts';
import { spelling } from '../address.ts';
import { imagesIn } from '../images-in.ts';
import { fullImageName } from '../store/image-name.ts';
import { type Fetching, fetchBody, fetchKnown, pinned } from './fetching.ts';
import { chartBlob, fetchImage } from './images.ts';

export interface FoundImage {
  name: string;
  for: string;
  possible: boolean;
}

/** Fetches the chart of an add-on, renders it with helm, and returns the images that it speaks of. Errors: HELM_*, FetchError. */
export async function fetchChart(
  fetching: Fetching,
  addon: WantedAddon,
  kubeVersion: string,
): Promise<FoundImage[]> {
  if (addon.source.kind !== 'chart') return [];
  fetching.progress(`chart of ${addon.name}`);
  const path = await archiveOf(fetching, addon.source.chart, addon.name);
  if (path === undefined) return [];
  const { env, signal } = fetching;
  const text = await renderChart(addon, { path }, addon.values, { kubeVersion, env, signal });
  // What coldstart adds to a chart can name images too.
  const added = addon.objects.map(object => JSON.stringify(object)).join('\n---\n');
  return foundIn(`${text}\n---\n${added}`, `add-on ${addon.name}`);
}

/** The images of objects in YAML, by their full names. */
export function foundIn(text: string, neededBy: string): FoundImage[] {
  const { named, possible } = imagesIn(text);
  const row = (name: string, isPossible: boolean) => ({
    name: fullImageName(name),
    for: neededBy,
    possible: isPossible,
  });
  return [...named.map(name => row(name, false)), ...possible.map(name => row(name, true))];
}

/** Path of the chart on this computer. */
async function archiveOf(fetching: Fetching, chart: ChartSource, addon: string): Promise<string | undefined> {
  if ('path' in chart) return chart.path;
  if ('repository' in chart) return fromRepository(fetching, chart, addon);
  // As helm makes a tag of a version: https://helm.sh/docs/topics/registries/
  const name = `${chart.oci.replace('oci://', '')}:${chart.version.replaceAll('+', '_')}`;
  await fetchImage(fetching, { name, for: `chart of the add-on ${addon}` });
  return chartBlob(fetching, name);
}

/** @see https://helm.sh/docs/topics/chart_repository/ */
async function fromRepository(
  fetching: Fetching,
  { repository, name, version }: { repository: string; name: string; version: string },
  addon: string,
): Promise<string | undefined> {
  const base = repository.endsWith('/') ? repository : `${repository}/`;
  const { url, digest } = entryIn((await fetchBody(fetching, `${base}index.yaml`)).toString(), {
    base,
    name,
    version,
  });
  const local = spelling(`${base}${name}-${version}.tgz`);
  const old = fetching.old?.files[local]?.digest;
  const kept = pinned(fetching, `the chart ${name} ${version}`, old, digest);
  await fetchKnown(fetching, url, kept);
  const path = fetching.store.blob(kept);
  const { size: sizeBytes } = await stat(path ?? '');
  fetching.lock.files[local] = { digest: kept, sizeBytes, for: `chart of the add-on ${addon}` };
  fetching.lock.charts.push({ repository: spelling(base), name, version, url, digest: kept });
  return path;
}

interface IndexEntry {
  version?: string;
  urls?: string[];
  digest?: string;
}

function entryIn(
  index: string,
  { base, name, version }: { base: string; name: string; version: string },
): { url: string; digest: string } {
  const { entries } = parse(index) as { entries?: Record<string, IndexEntry[]> };
  const plain = (text = '') => text.replace(/^v/, '');
  const entry = entries?.[name]?.find(each => plain(each.version) === plain(version));
  const [url] = entry?.urls ?? [];
  if (url === undefined)
    throw new ColdstartError('MIRROR_UNREACHABLE', `${base} has no chart ${name} ${version}`, {
      hint: 'check the name and the version in cluster.yaml',
    });
  const hex = entry?.digest?.replace(/^sha256:/, '') ?? '';
  if (/^[0-9a-f]{64}$/.test(hex)) return { url: new URL(url, base).href, digest: `sha256:${hex}` };
  throw new ColdstartError('MIRROR_UNSIGNED', `${base} gives no digest of the chart ${name} ${version}`, {
    hint: 'fetch the chart yourself, look at it, and name its file in chart.path',
  });
}
