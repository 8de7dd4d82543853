import { join } from 'node:path';
import { withLock } from '../system/lock.ts';
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
  const version = fromDir === undefined ? await findUpstream(context.signal) : undefined;
  if (version) return { kind: 'upstream', version };
  const { cacheDir, signal, progress } = context;
  const onWait = () => progress('waiting for somebody else who makes Kubernetes ready');
  const prepare = () =>
    fromDir === undefined ? buildKubernetes(context) : releaseFromFolder(fromDir, context);
  const release = await withLock(join(cacheDir, 'kubernetes.lock'), prepare, { signal, onWait });
  return { kind: 'packaged', release };
}

/** True when `chooseKubernetes` will build: the packages of purpose `build` are needed then, and a quarter of an hour. */
export async function needsBuild(cacheDir: string, fromDir?: string, signal?: AbortSignal): Promise<boolean> {
  return fromDir === undefined && !isBuilt(cacheDir) && (await findUpstream(signal)) === undefined;
}
