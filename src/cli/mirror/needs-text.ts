import { versionOf, type WantedAddon } from '../../addons/wanted.ts';
import { releaseFolder } from '../../mirror/apt/source.ts';
import type { MirrorNeeds } from '../../mirror/needs.ts';
import { formatTable } from '../../render/table.ts';

/** What is needed, as a table for people. */
export function needsText(needs: MirrorNeeds): string {
  const { packages, kubernetes, images, charts, manifests } = needs;
  const rows = [
    ...packages.map(name => [
      'package',
      name,
      name.startsWith('kube') ? kubernetes.repository : 'operating system',
    ]),
    ...sourcesOf(needs).map(url => ['repository', url, 'operating system']),
    ...images.map(({ name, for: neededBy }) => ['image', name, neededBy]),
    ...charts.map(addon => ['chart', chartName(addon), `add-on ${addon.name}`]),
    ...manifests.map(({ name, for: neededBy }) => ['manifest', name, neededBy]),
  ];
  const unknown = unknownIn(needs).map(text => `not known yet: ${text}\n`);
  return `${formatTable([['KIND', 'WHAT', 'FOR'], ...rows])}\n${unknown.join('')}`;
}

export function needsJson(needs: MirrorNeeds): unknown {
  const { kubernetesVersion, architectures, packages, kubernetes, images, charts, manifests } = needs;
  return {
    kubernetesVersion,
    architectures,
    packages,
    kubernetes,
    repositories: sourcesOf(needs),
    images,
    charts: charts.map(addon => ({ addon: addon.name, source: addon.source })),
    manifests,
    unknown: unknownIn(needs),
  };
}

/** `1.4 GB`, `12 MB` */
export function sizeText(sizeBytes: number): string {
  if (sizeBytes >= 1e9) return `${(sizeBytes / 1e9).toFixed(1)} GB`;
  return sizeBytes >= 1e6 ? `${Math.round(sizeBytes / 1e6)} MB` : `${Math.round(sizeBytes / 1e3)} kB`;
}

function sourcesOf({ architectures, sources }: MirrorNeeds): string[] {
  return [...new Set(architectures.flatMap(each => (sources(each) ?? []).map(releaseFolder)))];
}

function unknownIn({ unknown, charts, manifests }: MirrorNeeds): string[] {
  const parts = [...charts.map(({ name }) => name), ...manifests.map(({ name }) => name)];
  return [
    ...unknown,
    'the images of Kubernetes itself: its kubeadm lists them once it is fetched',
    'what the packages depend on: their repositories say it',
    ...(parts.length > 0 ? [`the images in ${parts.join(', ')}: they are read once they are fetched`] : []),
  ];
}

function chartName({ source }: WantedAddon): string {
  if (source.kind !== 'chart') return '';
  const { chart } = source;
  if ('path' in chart) return chart.path;
  const where = 'oci' in chart ? chart.oci : `${chart.repository} ${chart.name}`;
  return `${where} ${versionOf(source) ?? ''}`;
}
