import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { ColdstartError } from '../../core/errors.ts';
import { sha256 } from '../kubernetes/image-archive.ts';
import type { ImageStore } from './image-store.ts';

/** Fetches what a client asks the registry for from the registry that it means, and puts it into the store. */
export class PullThrough {
  readonly #store: ImageStore;
  readonly #tokens = new Map<string, string>();

  constructor(store: ImageStore) {
    this.#store = store;
  }

  /** Does nothing when the store has it, when no registry is meant, or when that registry does not have it. */
  async fetchFor(url: URL): Promise<void> {
    const registry = url.searchParams.get('ns');
    const [, repository = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (!registry || repository === '' || this.#store.blob(reference)) return;
    const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
    const response = await this.#ask(`https://${host}/v2/${repository}/${kind}/${reference}`, repository);
    if (!response.ok || !response.body) return;
    if (kind === 'blobs') return this.#keepBlob(response.body, reference);
    const text = await response.text();
    const digest = await this.#store.putText(text);
    if (reference.startsWith('sha256:')) return;
    const mediaType = response.headers.get('content-type') ?? 'application/vnd.oci.image.manifest.v1+json';
    this.#store.add({ registry, repository, tag: reference, digest, mediaType });
  }

  async #ask(url: string, repository: string): Promise<Response> {
    const token = this.#tokens.get(repository);
    const first = await this.#get(url, token);
    const challenge = first.headers.get('www-authenticate');
    if (first.status !== 401 || !challenge) return first;
    await first.body?.cancel();
    const fresh = await anonymousToken(challenge);
    this.#tokens.set(repository, fresh);
    return this.#get(url, fresh);
  }

  #get(url: string, token: string | undefined): Promise<Response> {
    const kinds = [
      'oci.image.index.v1',
      'oci.image.manifest.v1',
      'docker.distribution.manifest.list.v2',
      'docker.distribution.manifest.v2',
    ];
    const accept = kinds.map(kind => `application/vnd.${kind}+json`).join(', ');
    return fetch(url, { headers: { accept, ...(token && { authorization: `Bearer ${token}` }) } });
  }

  async #keepBlob(body: ReadableStream, digest: string): Promise<void> {
    const scratch = await mkdtemp(join(this.#store.scratchDir, 'pull-'));
    try {
      const file = join(scratch, 'blob');
      await pipeline(Readable.fromWeb(body), createWriteStream(file));
      const hex = await sha256(file);
      if (`sha256:${hex}` !== digest)
        throw new ColdstartError('LAB_FAILED', `the blob ${digest} arrived damaged`);
      await this.#store.putFile(file, hex);
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  }
}

/** @see https://distribution.github.io/distribution/spec/auth/token/ */
async function anonymousToken(challenge: string): Promise<string> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  );
  const url = new URL(fields['realm'] ?? '');
  for (const key of ['service', 'scope']) if (fields[key]) url.searchParams.set(key, fields[key]);
  const answer = (await (await fetch(url)).json()) as { token?: string; access_token?: string };
  return answer.token ?? answer.access_token ?? '';
}
