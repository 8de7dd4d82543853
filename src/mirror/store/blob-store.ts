import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeAtomically } from '../../state/atomic.ts';

/** Such as `sha256:…`, with 64 small hexadecimal digits. */
export type Digest = string;

/** Files that are named by their own digest, in one folder. */
export class BlobStore {
  readonly #dir: string;
  readonly #underWay = new Map<Digest, Promise<void>>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** A folder on the same file system, for files that are about to be put into the store. */
  get scratchDir(): string {
    return this.#dir;
  }

  async prepare(): Promise<void> {
    await mkdir(this.blobsDir, { recursive: true });
  }

  /** Path of a blob, or undefined when the store does not have it. */
  blob(digest: Digest): string | undefined {
    const path = this.pathOf(digest);
    return path !== undefined && existsSync(path) ? path : undefined;
  }

  /** Where a blob lies or would lie; undefined for a text that is no digest. */
  pathOf(digest: Digest): string | undefined {
    const [, hex] = /^sha256:([0-9a-f]{64})$/.exec(digest) ?? [];
    return hex === undefined ? undefined : join(this.blobsDir, hex);
  }

  /** Gets a blob that is not there. Those who ask for the same one at the same time share the work. */
  async ensure(digest: Digest, get: () => Promise<void>): Promise<void> {
    if (this.blob(digest) !== undefined) return;
    const running = this.#underWay.get(digest);
    if (running) return running;
    const started = get().finally(() => this.#underWay.delete(digest));
    this.#underWay.set(digest, started);
    return started;
  }

  /** Puts text into the store and returns its digest. */
  async putText(text: string | Buffer): Promise<Digest> {
    const hex = createHash('sha256').update(text).digest('hex');
    const path = join(this.blobsDir, hex);
    if (!existsSync(path)) await writeAtomically(path, text, 0o644);
    return `sha256:${hex}`;
  }

  /** Moves a file into the store under its digest. */
  async putFile(file: string, hex: string): Promise<void> {
    await rename(file, join(this.blobsDir, hex));
  }

  get blobsDir(): string {
    return join(this.#dir, 'blobs');
  }
}

/** Hexadecimal digits of a file's digest. */
export async function sha256Of(file: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
