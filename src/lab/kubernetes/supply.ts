import { buildKubernetes, isBuilt } from './build.ts';
import { releaseFromFolder } from './from-folder.ts';
import type { KubernetesContext, KubernetesRelease } from './release.ts';
import { findUpstream } from './upstream.ts';

/** Where the hosts' Kubernetes comes from. */
export type KubernetesSupply =
  /** Built here or carried in: the mirror packs and serves it. */
  | { kind: 'packaged'; release: KubernetesRelease }
  /** Upstream's own packages and images, which the mirror passes on. */
  | { kind: 'upstream'; version: string };

/** Settles where Kubernetes comes from: the folder that was given, upstream where it can be reached, or a build. */
export async function chooseKubernetes(
  context: KubernetesContext,
  fromDir?: string,
): Promise<KubernetesSupply> {
  if (fromDir !== undefined) return { kind: 'packaged', release: await releaseFromFolder(fromDir, context) };
  const version = await findUpstream(context.signal);
  if (version) return { kind: 'upstream', version };
  return { kind: 'packaged', release: await buildKubernetes(context) };
}

/** True when `chooseKubernetes` will build: the packages of purpose `build` are needed then, and a quarter of an hour. */
export async function needsBuild(cacheDir: string, fromDir?: string, signal?: AbortSignal): Promise<boolean> {
  return fromDir === undefined && !isBuilt(cacheDir) && (await findUpstream(signal)) === undefined;
}
