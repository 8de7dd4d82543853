import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { BlobStore } from '../../mirror/store/blob-store.ts';
import { parseImageName } from '../../mirror/store/image-name.ts';
import type { StoredImage } from '../../mirror/store/registry.ts';
import { writeAtomically } from '../../state/atomic.ts';
import { run } from '../system/run.ts';
import { type NamedManifest, readDockerArchive, readOciLayout } from './unpacked-image.ts';

/** Images as content-addressed blobs, taken from archives. */
export class ImageStore extends BlobStore {
  #images: StoredImage[] = [];

  /** Every image that was imported into this store by this process. */
  get images(): readonly StoredImage[] {
    return this.#images;
  }

  /** Makes its folders. */
  override async prepare(): Promise<void> {
    await super.prepare();
    await mkdir(join(this.scratchDir, 'archives'), { recursive: true });
  }

  /**
   * Takes in an archive: docker-archive or OCI layout, gzip or not. One that was taken in before is only looked up.
   * @throws ColdstartError LAB_FAILED when it is no archive of images
   */
  async import(archive: string, signal?: AbortSignal): Promise<void> {
    await this.prepare();
    const record = join(this.scratchDir, 'archives', `${await identityOf(archive)}.json`);
    const known = await readFile(record, 'utf8').catch(() => undefined);
    const images = known ? (JSON.parse(known) as StoredImage[]) : await this.#unpack(archive, signal);
    if (!known) await writeAtomically(record, JSON.stringify(images));
    this.#images = [...this.#images, ...images];
  }

  /** Adds a name for a manifest that was put into the store. */
  add(image: StoredImage): void {
    this.#images = [...this.#images, image];
  }

  async #unpack(archive: string, signal: AbortSignal | undefined): Promise<StoredImage[]> {
    const scratch = await realpath(await mkdtemp(join(this.scratchDir, 'import-')));
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
