import { createHash } from 'node:crypto';
import { chmod, copyFile, link, mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { sha256Of } from '../../mirror/store/blob-store.ts';
import { run } from '../system/run.ts';

/** What a container of the image starts with. */
export interface ImageConfig {
  Entrypoint?: string[];
  Cmd?: string[];
  Env?: string[];
}

/** Processor names as images have them. */
const architecture = process.arch === 'x64' ? 'amd64' : process.arch;

/** A file system for an image, in the making. Paths are those in the image. */
export class ImageTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  async file(source: string, path: string, mode = 0o755): Promise<void> {
    const target = await this.#make(path);
    await copyFile(source, target);
    await chmod(target, mode);
  }

  /** As `file`, without a copy where the file system allows; the source keeps its mode. */
  async executable(source: string, path: string): Promise<void> {
    const target = await this.#make(path);
    await link(source, target).catch(() => copyFile(source, target));
  }

  async text(text: string, path: string, mode = 0o644): Promise<void> {
    await writeFile(await this.#make(path), text, { mode });
  }

  async link(target: string, path: string): Promise<void> {
    await symlink(target, await this.#make(path));
  }

  async folder(path: string, mode = 0o755): Promise<void> {
    await mkdir(join(this.root, path), { recursive: true });
    await chmod(join(this.root, path), mode);
  }

  async #make(path: string): Promise<string> {
    const target = join(this.root, path);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    return target;
  }
}

/**
 * Writes an image with one layer as a docker-archive, without any container engine. The same contents give the
 * same bytes.
 * @see https://github.com/moby/docker-image-spec
 */
export async function writeImageArchive(
  file: string,
  names: readonly string[],
  fill: (tree: ImageTree) => Promise<ImageConfig>,
): Promise<void> {
  await withLayer(file, fill, async ({ scratch, layer, digest, config }) => {
    await pack(scratch, file, { config: imageConfig(config, digest), names, layers: [layer] });
  });
}

/**
 * Writes an image that is another one with a layer on top, as a docker-archive.
 * @param base the configuration and the paths of the layers of the other image
 */
export async function extendImageArchive(
  file: string,
  name: string,
  base: { configText: string; layers: readonly string[] },
  fill: (tree: ImageTree) => Promise<ImageConfig>,
): Promise<void> {
  await withLayer(file, fill, async ({ scratch, layer, digest, config: added }) => {
    const layers = base.layers.map((_, index) => `${index}.tar`);
    for (const [index, below] of base.layers.entries()) await copyFile(below, join(scratch, `${index}.tar`));
    const config = JSON.parse(base.configText) as {
      config?: ImageConfig;
      rootfs: { diff_ids: string[] };
      history?: unknown[];
    };
    config.config = { ...config.config, ...added };
    config.rootfs.diff_ids.push(digest);
    config.history?.push({ created: DATE, created_by: 'coldstart' });
    await pack(scratch, file, { config, names: [name], layers: [...layers, layer] });
  });
}

interface Layer {
  /** A folder beside the image, which is gone afterwards. */
  scratch: string;
  /** Name of the layer's archive in that folder. */
  layer: string;
  /** `sha256:…` */
  digest: string;
  config: ImageConfig;
}

/** Makes a layer, and gives it to `use`. */
async function withLayer(
  file: string,
  fill: (tree: ImageTree) => Promise<ImageConfig>,
  use: (layer: Layer) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const scratch = await mkdtemp(`${file}.`);
  try {
    const tree = new ImageTree(join(scratch, 'root'));
    await mkdir(tree.root);
    const config = await fill(tree);
    const layer = 'layer.tar';
    await archive(tree.root, join(scratch, layer));
    await use({ scratch, layer, digest: `sha256:${await sha256Of(join(scratch, layer))}`, config });
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function pack(
  scratch: string,
  file: string,
  image: { config: unknown; names: readonly string[]; layers: readonly string[] },
): Promise<void> {
  const text = JSON.stringify(image.config);
  const configName = `${createHash('sha256').update(text).digest('hex')}.json`;
  await writeFile(join(scratch, configName), text);
  const manifest = [{ Config: configName, RepoTags: image.names, Layers: image.layers }];
  await writeFile(join(scratch, 'manifest.json'), JSON.stringify(manifest));
  await archive(scratch, join(scratch, 'image.tar'), [configName, ...image.layers, 'manifest.json']);
  await rename(join(scratch, 'image.tar'), file);
}

const DATE = '2021-01-13T00:00:00Z';

function imageConfig(config: ImageConfig, digest: string): unknown {
  return {
    architecture,
    os: 'linux',
    created: DATE,
    config: { Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'], ...config },
    rootfs: { type: 'layers', diff_ids: [digest] },
    history: [{ created: DATE, created_by: 'coldstart' }],
  };
}

async function archive(folder: string, file: string, names: readonly string[] = ['.']): Promise<void> {
  const fixed = [
    '--sort=name',
    `--mtime=${DATE}`,
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '--format=gnu',
  ];
  await run('tar', [...fixed, '-C', folder, '-cf', file, ...names], { doing: 'write an image' });
}
