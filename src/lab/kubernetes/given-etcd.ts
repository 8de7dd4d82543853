import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoredImage } from '../../mirror/store/registry.ts';
import type { ImageStore } from '../mirror/image-store.ts';
import { run } from '../system/run.ts';
import { extendImageArchive } from './image-archive.ts';
import { addFlagTranslation } from './images.ts';
import type { ToolTree } from './tool-tree.ts';

/** The etcd in an image. */
export interface EtcdProgram {
  /** As it says itself, such as `3.5.16`. */
  version: string;
  /** In the image. */
  path: string;
}

const PLACES = ['/usr/local/bin/etcd', '/usr/bin/etcd', '/bin/etcd', '/etcd'];

/** Runs the etcd of an image to learn its version; undefined when the image has none that runs here. */
export async function inspectEtcd(
  image: StoredImage,
  store: ImageStore,
  scratchDir: string,
): Promise<EtcdProgram | undefined> {
  await mkdir(scratchDir, { recursive: true });
  const root = await mkdtemp(join(scratchDir, 'etcd-'));
  try {
    for (const layer of (await partsOf(image, store)).layers) await run('tar', ['-xf', layer, '-C', root]);
    for (const path of PLACES) {
      const text = await run('chroot', [root, path, '--version']).catch(() => '');
      const version = /etcd Version: (\S+)/.exec(text)?.[1];
      if (version) return { version, path };
    }
    return undefined;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

/** Writes an archive of the same image with a program before etcd that translates flags of 3.6. */
export async function translateEtcdFlags(
  target: { file: string; name: string; image: StoredImage; etcdPath: string },
  store: ImageStore,
  tools: ToolTree,
): Promise<void> {
  const { configText, layers } = await partsOf(target.image, store);
  await extendImageArchive(target.file, target.name, { configText, layers }, tree =>
    addFlagTranslation(tree, tools, target.etcdPath),
  );
}

interface Manifest {
  config: { digest: string };
  layers: { digest: string }[];
  manifests?: { digest: string; platform?: { architecture: string; os: string } }[];
}

/** The configuration and the layers of an image; of an index, those for this kind of processor. */
async function partsOf(
  image: { digest: string },
  store: ImageStore,
): Promise<{ configText: string; layers: string[] }> {
  const manifest = JSON.parse(await readFile(pathOf(image.digest, store), 'utf8')) as Manifest;
  if (manifest.manifests) {
    const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
    const ours =
      manifest.manifests.find(m => m.platform?.architecture === architecture) ?? manifest.manifests[0];
    if (ours) return partsOf(ours, store);
  }
  const layers = manifest.layers.map(layer => pathOf(layer.digest, store));
  return { configText: await readFile(pathOf(manifest.config.digest, store), 'utf8'), layers };
}

function pathOf(digest: string, store: ImageStore): string {
  const path = store.blob(digest);
  if (!path) throw new Error(`the image archive lacks ${digest}`);
  return path;
}
