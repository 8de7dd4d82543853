import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { run, succeeds } from '../system/run.ts';
import { completeImages } from './complete-images.ts';
import type { KubernetesBinaries, KubernetesContext, KubernetesRelease } from './release.ts';

/**
 * Takes one version of Kubernetes from a folder, as it is carried in to where there is no internet: the programs
 * kubeadm, kubelet and kubectl, and image archives. What kubeadm needs besides is made here where that is possible.
 * @throws ColdstartError CONFIG_INVALID that names everything that is missing
 */
export async function releaseFromFolder(
  folder: string,
  context: KubernetesContext,
): Promise<KubernetesRelease> {
  const files = await filesBelow(resolve(folder), DEPTH);
  const binaries = await findBinaries(folder, files);
  const version = await versionOf(binaries);
  const given = files.filter(path => /\.(tar|tar\.gz|tgz)$/.test(path) && !isCniArchive(path));
  const cniPluginsDir = await findCniPlugins(files);
  const programs = await findServers(files);
  const completed = await completeImages({ version, kubeadm: binaries.kubeadm, given, programs }, context);
  return { version, binaries, cniPluginsDir, ...completed };
}

const DEPTH = 3;

async function filesBelow(folder: string, depth: number): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(cause => {
    const hint = 'give a folder with kubeadm, kubelet, kubectl and image archives';
    throw new ColdstartError('CONFIG_INVALID', `could not read the folder ${folder}`, { cause, hint });
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    const path = join(folder, entry.name);
    // A stick may well have links on it, so what counts is where they lead.
    const kind = await stat(path).catch(() => undefined);
    if (kind?.isFile()) found.push(path);
    else if (kind?.isDirectory() && depth > 0) found.push(...(await filesBelow(path, depth - 1)));
  }
  return found;
}

async function findBinaries(folder: string, files: readonly string[]): Promise<KubernetesBinaries> {
  const [kubeadm, kubelet, kubectl, crictl] = await Promise.all(
    ['kubeadm', 'kubelet', 'kubectl', 'crictl'].map(name => findExecutable(name, files)),
  );
  if (kubeadm && kubelet && kubectl) return { kubeadm, kubelet, kubectl, crictl };
  const missing = Object.entries({ kubeadm, kubelet, kubectl }).flatMap(([name, path]) =>
    path ? [] : [name],
  );
  throw new ColdstartError('CONFIG_INVALID', `the folder ${folder} has no complete Kubernetes`, {
    because: `there is no executable ${missing.join(', ')} in it or up to ${DEPTH} folders below`,
    hint: 'put the programs of one version there, with chmod +x, and its image archives',
  });
}

async function findExecutable(name: string, files: readonly string[]): Promise<string | undefined> {
  for (const path of files.filter(file => basename(file) === name)) {
    if (
      await access(path, constants.X_OK).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

/** Programs of Kubernetes that run in containers, where somebody carries those in rather than their images. */
async function findServers(files: readonly string[]): Promise<Record<string, string>> {
  const names = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'];
  const found = await Promise.all(
    names.map(async name => [name, await findExecutable(name, files)] as const),
  );
  return Object.fromEntries(found.flatMap(([name, path]) => (path ? [[name, path]] : [])));
}

async function versionOf({ kubeadm, kubelet }: KubernetesBinaries): Promise<string> {
  const version = (
    await run(kubeadm, ['version', '-o', 'short'], { doing: 'ask kubeadm for its version' })
  ).trim();
  const other = (await run(kubelet, ['--version'], { doing: 'ask kubelet for its version' }))
    .replace('Kubernetes ', '')
    .trim();
  if (version === other) return version;
  throw new ColdstartError('CONFIG_INVALID', 'the programs in the folder are of different versions', {
    because: `kubeadm is ${version}, kubelet is ${other}`,
    hint: 'put the programs of one version there',
  });
}

/** The folder with the plugin that every pod network needs. */
async function findCniPlugins(files: readonly string[]): Promise<string | undefined> {
  const loopback = files.find(path => basename(path) === 'loopback');
  return loopback && (await succeeds('test', ['-x', loopback])) ? dirname(loopback) : undefined;
}

function isCniArchive(path: string): boolean {
  return basename(path).startsWith('cni-plugins');
}
