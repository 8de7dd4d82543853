import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '../system/run.ts';
import { compileKubernetes, DEBIAN_KUBERNETES } from './compile.ts';
import { fetchKubernetesSource } from './debian-source.ts';
import { buildPause, imageBaseName, makeImage, TEST_IMAGES } from './images.ts';
import { type KubernetesContext, type KubernetesRelease, noSiteSettings } from './release.ts';
import { prepareToolTree } from './tool-tree.ts';

/** True when the version that is built here is in the cache. */
export function isBuilt(cacheDir: string): boolean {
  return existsSync(join(releaseDir(cacheDir), 'done'));
}

/**
 * Builds Kubernetes from Debian's source package, with its images. It takes a quarter of an hour the first time;
 * every stage is kept, so that an interrupted build goes on, and a later call only looks.
 */
export async function buildKubernetes(context: KubernetesContext): Promise<KubernetesRelease> {
  const dir = releaseDir(context.cacheDir);
  if (!isBuilt(context.cacheDir)) await build(dir, context);
  const images = JSON.parse(await readFile(join(dir, 'done'), 'utf8')) as string[];
  const bin = (name: string) => join(dir, 'bin', name);
  return {
    version: DEBIAN_KUBERNETES,
    binaries: {
      kubeadm: bin('kubeadm'),
      kubelet: bin('kubelet'),
      kubectl: bin('kubectl'),
      crictl: undefined,
    },
    cniPluginsDir: undefined,
    imageArchives: images.map(name => join(dir, 'images', name)),
    notes: [
      `Kubernetes ${DEBIAN_KUBERNETES} was built here from Debian's source package`,
      'CoreDNS is not in Debian: a small stand-in answers for the names of services',
    ],
    settings: noSiteSettings,
  };
}

/** The DNS stand-in of an earlier build, if there is one. */
export function builtClusterDns(cacheDir: string): string | undefined {
  const path = join(releaseDir(cacheDir), 'bin/cluster-dns');
  return existsSync(path) ? path : undefined;
}

async function build(dir: string, context: KubernetesContext): Promise<void> {
  const workDir = `${dir}.work`;
  await mkdir(workDir, { recursive: true });
  await mkdir(dir, { recursive: true });
  // Programs move to the release only when all are there; what moved before an interruption is moved.
  if (!existsSync(join(dir, 'bin'))) {
    const tree = await fetchKubernetesSource(workDir, context);
    const binDir = await compileKubernetes(tree, workDir, context);
    await buildPause(binDir, context);
    for (const name of await readdir(binDir)) if (name.endsWith('.tmp')) await rm(join(binDir, name));
    await rename(binDir, join(dir, 'bin'));
  }
  await rm(workDir, { recursive: true, force: true });
  const archives = await makeImages(dir, context);
  await writeFile(join(dir, 'done.tmp'), JSON.stringify(archives));
  await rename(join(dir, 'done.tmp'), join(dir, 'done'));
}

async function makeImages(dir: string, context: KubernetesContext): Promise<string[]> {
  const binDir = join(dir, 'bin');
  const tools = await prepareToolTree('bookworm', context);
  const programs = Object.fromEntries((await readdir(binDir)).map(name => [name, join(binDir, name)]));
  const parts = { programs, tools, oldEtcd: false };
  const list = ['config', 'images', 'list', '--kubernetes-version', DEBIAN_KUBERNETES];
  const names = (await run(join(dir, 'bin/kubeadm'), list, { signal: context.signal }))
    .split('\n')
    .filter(Boolean);
  const images = [...names.map(name => [name]), TEST_IMAGES];
  for (const [index, image] of images.entries()) {
    context.progress(`making images (${index + 1} of ${images.length})`);
    await makeImage(join(dir, 'images'), image, parts);
  }
  return images.map(image => `${imageBaseName(image[0] ?? '')}.tar`);
}

function releaseDir(cacheDir: string): string {
  return join(cacheDir, 'kubernetes', `${DEBIAN_KUBERNETES}-debian`);
}
