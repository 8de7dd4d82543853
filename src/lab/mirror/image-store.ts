import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { run } from '../system/run.ts';
import { type ImageReference, parseImageName } from './image-name.ts';
import { type NamedManifest, readDockerArchive, readOciLayout } from './unpacked-image.ts';

/** An image that the store has: its name, and the manifest or index that the name stands for. */
export interface StoredImage extends ImageReference {
  /** Such as `sha256:…`. */
  digest: string;
  mediaType: string;
}

/** Images as content-addressed blobs, taken from archives. */
export class ImageStore {
  readonly #dir: string;
  #images: StoredImage[] = [];

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Every image that was imported into this store by this process. */
  get images(): readonly StoredImage[] {
    return this.#images;
  }

  /** Makes its folders. */
  async prepare(): Promise<void> {
    await mkdir(join(this.#dir, 'blobs'), { recursive: true });
    await mkdir(join(this.#dir, 'archives'), { recursive: true });
  }

  /**
   * Takes in an archive: docker-archive or OCI layout, gzip or not. One that was taken in before is only looked up.
   * @throws ColdstartError LAB_FAILED when it is no archive of images
   */
  async import(archive: string, signal?: AbortSignal): Promise<void> {
    await this.prepare();
    const record = join(this.#dir, 'archives', `${await identityOf(archive)}.json`);
    const known = await readFile(record, 'utf8').catch(() => undefined);
    const images = known ? (JSON.parse(known) as StoredImage[]) : await this.#unpack(archive, signal);
    if (!known) {
      await writeFile(`${record}.tmp`, JSON.stringify(images));
      await rename(`${record}.tmp`, record);
    }
    this.#images = [...this.#images, ...images];
  }

  /** A folder on the same file system, for files that are about to be put into the store. */
  get scratchDir(): string {
    return this.#dir;
  }

  /** Adds a name for a manifest that was put into the store. */
  add(image: StoredImage): void {
    this.#images = [...this.#images, image];
  }

  /** Path of a blob, or undefined when the store does not have it. */
  blob(digest: string): string | undefined {
    const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
    const path = hex && join(this.#dir, 'blobs', hex);
    return path && existsSync(path) ? path : undefined;
  }

  /** Puts text into the store and returns its digest. */
  async putText(text: string): Promise<string> {
    const hex = createHash('sha256').update(text).digest('hex');
    const path = join(this.#dir, 'blobs', hex);
    if (!existsSync(path)) {
      await writeFile(`${path}.tmp`, text);
      await rename(`${path}.tmp`, path);
    }
    return `sha256:${hex}`;
  }

  /** Moves a file into the store under its digest. */
  async putFile(file: string, hex: string): Promise<void> {
    await rename(file, join(this.#dir, 'blobs', hex));
  }

  async #unpack(archive: string, signal: AbortSignal | undefined): Promise<StoredImage[]> {
    const scratch = await realpath(await mkdtemp(join(this.#dir, 'import-')));
    try {
      const args = ['--no-same-owner', '-xf', archive, '-C', scratch];
      await run('tar', args, { signal, doing: `read the image archive ${archive}` });
      const found = await this.#read(archive, scratch);
      return found.flatMap(({ name, ...image }) => {
        const reference = parseImageName(name);
        return reference ? [{ ...reference, ...image }] : [];
      });
    } catch (error) {
      if (error instanceof ColdstartError) throw error;
      throw new ColdstartError('LAB_FAILED', `could not read the image archive ${archive}`, { cause: error });
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }

  #read(archive: string, dir: string): Promise<NamedManifest[]> {
    // Newer archives are both at once; the layout has the real manifests.
    if (existsSync(join(dir, 'index.json'))) return readOciLayout(dir, this);
    if (existsSync(join(dir, 'manifest.json'))) return readDockerArchive(dir, this);
    throw new ColdstartError('LAB_FAILED', `${archive} is no archive of images`);
  }
}

async function identityOf(archive: string): Promise<string> {
  const { size, mtimeMs } = await stat(archive);
  return createHash('sha256')
    .update(JSON.stringify([archive, size, mtimeMs]))
    .digest('hex')
    .slice(0, 24);
}
