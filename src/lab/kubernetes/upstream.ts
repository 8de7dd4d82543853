import { layoutOf, readCgroupHierarchies } from '../system/cgroups.ts';

/**
 * The current version of Kubernetes, when upstream can be reached and this computer can run it: kubelet 1.35 and
 * newer refuse cgroup v1.
 * @see https://kubernetes.io/releases/download/
 */
export async function findUpstream(signal?: AbortSignal): Promise<string | undefined> {
  if (layoutOf(await readCgroupHierarchies()) !== 'unified') return undefined;
  const patience = AbortSignal.timeout(4000);
  const both = signal ? AbortSignal.any([signal, patience]) : patience;
  const ask = (url: string) => fetch(url, { signal: both, redirect: 'follow' });
  try {
    const [stable, packages] = await Promise.all([
      ask('https://dl.k8s.io/release/stable.txt'),
      ask('https://pkgs.k8s.io/'),
    ]);
    const version = (await stable.text()).trim();
    return stable.ok && packages.status < 500 && /^v\d+\.\d+\.\d+$/.test(version) ? version : undefined;
  } catch {
    signal?.throwIfAborted();
    return undefined;
  }
}

/** Upstream's package repository for a minor version. */
export function upstreamRepository(version: string): string {
  return `https://pkgs.k8s.io/core:/stable:/${version.replace(/\.\d+$/, '')}/deb/`;
}
