import type { AddonSource, ChartSource } from '../addons/definition.ts';

/** Where a mirror has the file of a URL: `http://mirror:3140/https/pkgs.k8s.io/core:/…`. Keeps a slash at the end. */
export function mirroredUrl(mirror: string, url: string): string {
  const { protocol, host, pathname, search } = new URL(url);
  return `${withoutSlash(mirror)}/${protocol.replace(':', '')}/${host}${pathname}${search}`;
}

/** The same chart or manifests, as a mirror has them; what lies on this computer stays there. */
export function mirroredSource(mirror: string, source: AddonSource): AddonSource {
  if (source.kind === 'chart') return { kind: 'chart', chart: mirroredChart(mirror, source.chart) };
  return {
    ...source,
    from: source.from.map(from => (from.includes('://') ? mirroredUrl(mirror, from) : from)),
  };
}

/** A chart in a registry has the registry's name in front: `oci://mirror:3140/ghcr.io/charts/web`. */
function mirroredChart(mirror: string, chart: ChartSource): ChartSource {
  if ('path' in chart) return chart;
  if ('repository' in chart) return { ...chart, repository: mirroredUrl(mirror, chart.repository) };
  const { protocol, host } = new URL(mirror);
  const oci = `oci://${host}/${chart.oci.replace('oci://', '')}`;
  return { ...chart, oci, plainHttp: protocol === 'http:' };
}

/** The URL that a path on the mirror stands for, as the lock file spells it; undefined for other paths. */
export function urlOfPath(pathname: string): string | undefined {
  const [, scheme, rest] = /^\/(https?)\/(.+)$/.exec(pathname) ?? [];
  return scheme === undefined || rest === undefined ? undefined : spelling(`${scheme}://${rest}`);
}

/** One spelling for a URL: clients differ in what they write as %xx. */
export function spelling(url: string): string {
  try {
    return decodeURIComponent(new URL(url).href);
  } catch {
    return url;
  }
}

function withoutSlash(url: string): string {
  return url.replace(/\/$/, '');
}
