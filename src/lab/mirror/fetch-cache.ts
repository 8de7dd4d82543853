import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { sha256Of } from '../../mirror/store/blob-store.ts';
import { FetchError, httpGet, refused } from '../../net/http.ts';

/** A file of an outside server as it lies in the cache. */
export interface CachedFile {
  path: string;
  sizeBytes: number;
  contentType: string;
  /** In HTTP's form. */
  lastModified: string;
}

/** Fetches files from outside and keeps them. Requests for the same file at the same time share one download. */
export class FetchCache {
  readonly #dir: string;
  readonly #proxy: string | undefined;
  readonly #underWay = new Map<string, Promise<CachedFile>>();

  /** @param proxy HTTP proxy that this computer itself goes through */
  constructor(dir: string, proxy?: string) {
    this.#dir = dir;
    this.#proxy = proxy;
  }

  /** @throws FetchError */
  get(url: string): Promise<CachedFile> {
    const running = this.#underWay.get(url);
    if (running) return running;
    const started = this.#get(url).finally(() => this.#underWay.delete(url));
    this.#underWay.set(url, started);
    return started;
  }

  async #get(url: string): Promise<CachedFile> {
    await mkdir(this.#dir, { recursive: true });
    const path = join(this.#dir, createHash('sha256').update(url).digest('hex'));
    const known = await readCached(path);
    if (known && isImmutable(url)) return known;
    try {
      return await this.#download(url, path, known);
    } catch (error) {
      // A mirror that cannot be reached just now does not stop a lab that has the file.
      if (known && error instanceof FetchError && error.status >= 500) return known;
      throw error;
    }
  }

  async #download(url: string, path: string, known: CachedFile | undefined): Promise<CachedFile> {
    const headers = known ? { 'if-modified-since': known.lastModified } : {};
    const response = await httpGet(url, { headers, proxy: this.#proxy });
    if (known && response.statusCode === 304) {
      response.resume();
      return known;
    }
    if (response.statusCode !== 200) throw refused(response, url);
    const draft = `${path}.${randomUUID()}`;
    try {
      await pipeline(response, createWriteStream(draft));
      return await keep(draft, path, known, response.headers);
    } catch (error) {
      await rm(draft, { force: true });
      throw new FetchError(502, `${url}: ${(error as Error).message}`);
    }
  }
}

/** Files that never change under their name: packages, and lists that are named by their own digest. */
export function isImmutable(url: string): boolean {
  return url.includes('/pool/') || url.includes('/by-hash/') || url.endsWith('.deb');
}

async function keep(
  draft: string,
  path: string,
  known: CachedFile | undefined,
  headers: IncomingHttpHeaders,
): Promise<CachedFile> {
  const expected = headers['content-length'];
  const { size } = await stat(draft);
  if (expected !== undefined && Number(expected) !== size)
    throw new Error(`${size} of ${expected} bytes arrived`);
  // Some mirrors never answer 304. With the old date kept, apt sees for itself that nothing changed.
  if (known && known.sizeBytes === size && (await sameBytes(draft, known.path))) {
    await rm(draft);
    return known;
  }
  const lastModified = headers['last-modified'] ?? new Date().toUTCString();
  const contentType = headers['content-type'] ?? 'application/octet-stream';
  await rename(draft, path);
  await writeFile(`${draft}.json`, JSON.stringify({ sizeBytes: size, contentType, lastModified }));
  await rename(`${draft}.json`, `${path}.json`);
  return { path, sizeBytes: size, contentType, lastModified };
}

async function readCached(path: string): Promise<CachedFile | undefined> {
  const text = await readFile(`${path}.json`, 'utf8').catch(() => '');
  const size = await stat(path).then(
    file => file.size,
    () => -1,
  );
  if (text === '') return undefined;
  const known = { ...(JSON.parse(text) as Omit<CachedFile, 'path'>), path };
  // A kill between the two writes leaves a file and the description of its forerunner.
  return known.sizeBytes === size ? known : undefined;
}

async function sameBytes(a: string, b: string): Promise<boolean> {
  const digests = await Promise.all([a, b].map(sha256Of));
  return digests[0] === digests[1];
}
