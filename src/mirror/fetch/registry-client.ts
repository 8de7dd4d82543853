import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { bodyOf, FetchError, getBody, type HttpOptions, httpGet, refused } from '../../net/http.ts';
import type { Environment } from '../../net/proxy.ts';
import type { BlobStore, Digest } from '../store/blob-store.ts';
import { downloadBlob } from './download.ts';

export interface RegistryOptions {
  /** Mirrors by registry, as in `images.mirrors`: asked first, then the registry itself. */
  mirrors?: Readonly<Record<string, string>>;
  /** Where proxies are read. */
  env?: Environment;
  signal?: AbortSignal;
}

/** Where an image is: without the tag. */
export interface ImagePlace {
  registry: string;
  repository: string;
}

export interface Manifest {
  digest: Digest;
  mediaType: string;
  body: Buffer;
}

/**
 * The reading half of a registry's clients, without accounts.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pull
 */
export class RegistryClient {
  readonly #options: RegistryOptions;
  readonly #tokens = new Map<string, string>();

  constructor(options: RegistryOptions = {}) {
    this.#options = options;
  }

  /** A manifest or index by tag or digest. Errors: FetchError. */
  async manifest(place: ImagePlace, reference: string): Promise<Manifest> {
    const response = await this.#first(place, `manifests/${reference}`, { accept: acceptedManifests });
    const body = await bodyOf(response, nameOf(place, reference));
    const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
    if (reference.startsWith('sha256:') && reference !== digest)
      throw new FetchError(502, `${nameOf(place, reference)}: the manifest that came is ${digest}`);
    const type = response.headers['content-type']?.split(';')[0];
    return { digest, mediaType: type ?? 'application/vnd.oci.image.manifest.v1+json', body };
  }

  /** Puts a blob into the store. Errors: FetchError, MIRROR_DAMAGED. */
  async blob(place: ImagePlace, digest: Digest, store: BlobStore): Promise<void> {
    const name = nameOf(place, digest);
    await downloadBlob(store, digest, name, headers => this.#first(place, `blobs/${digest}`, headers));
  }

  /** The first good answer among the mirrors and the registry, else why the last one had none. */
  async #first(place: ImagePlace, what: string, headers: Record<string, string>): Promise<IncomingMessage> {
    const bases = basesOf(place.registry, this.#options.mirrors ?? {});
    const problems: FetchError[] = [];
    for (const base of bases) {
      const url = `${base}/${place.repository}/${what}`;
      try {
        const response = await this.#ask(withNamespace(url, place.registry), place, { headers });
        if (response.statusCode === 200 || response.statusCode === 206 || response.statusCode === 416)
          return response;
        problems.push(refused(response, url));
      } catch (error) {
        if (!(error instanceof FetchError)) throw error;
        problems.push(error);
      }
    }
    // A mirror that lacks it says less than one that cannot be reached.
    throw problems.find(({ status }) => status === 404) ?? problems[0] ?? new FetchError(502, 'no registry');
  }

  async #ask(url: string, place: ImagePlace, { headers = {} }: HttpOptions): Promise<IncomingMessage> {
    const { env, signal } = this.#options;
    const scope = `${new URL(url).host} ${place.repository}`;
    const ask = (token: string | undefined) =>
      httpGet(url, {
        headers: { ...headers, ...(token && { authorization: `Bearer ${token}` }) },
        env,
        signal,
      });
    const first = await ask(this.#tokens.get(scope));
    const challenge = first.headers['www-authenticate'];
    if (first.statusCode !== 401 || !challenge?.startsWith('Bearer ')) return first;
    first.resume();
    const token = await anonymousToken(challenge, this.#options);
    this.#tokens.set(scope, token);
    return ask(token);
  }
}

const acceptedManifests = [
  'oci.image.index.v1',
  'oci.image.manifest.v1',
  'docker.distribution.manifest.list.v2',
  'docker.distribution.manifest.v2',
]
  .map(kind => `application/vnd.${kind}+json`)
  .join(', ');

/** As containerd does: mirrors first; a mirror with a path of its own takes the place of `/v2`. */
function basesOf(registry: string, mirrors: Readonly<Record<string, string>>): string[] {
  const mirror = mirrors[registry]?.replace(/\/$/, '');
  const host = registry === 'docker.io' ? 'registry-1.docker.io' : registry;
  const scheme = /^(?:localhost|127\.\d+\.\d+\.\d+)(?::\d+)?$/.test(host) ? 'http' : 'https';
  const own = `${scheme}://${host}/v2`;
  if (mirror === undefined) return [own];
  return [new URL(mirror).pathname === '/' ? `${mirror}/v2` : mirror, own];
}

/** A mirror of several registries must be told which one is meant. */
function withNamespace(url: string, registry: string): string {
  const { host } = new URL(url);
  const isOwn = host === registry || (registry === 'docker.io' && host === 'registry-1.docker.io');
  return isOwn ? url : `${url}?ns=${encodeURIComponent(registry)}`;
}

/** @see https://distribution.github.io/distribution/spec/auth/token/ */
async function anonymousToken(challenge: string, { env, signal }: RegistryOptions): Promise<string> {
  const fields = Object.fromEntries(
    [...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key, value]),
  );
  const realm = fields['realm'] ?? '';
  if (!URL.canParse(realm)) throw new FetchError(502, `the registry names no place for tokens: ${challenge}`);
  const url = new URL(realm);
  for (const key of ['service', 'scope']) if (fields[key]) url.searchParams.set(key, fields[key]);
  const text = (await getBody(url.href, { env, signal })).toString();
  const answer = JSON.parse(text) as { token?: string; access_token?: string };
  return answer.token ?? answer.access_token ?? '';
}

function nameOf({ registry, repository }: ImagePlace, reference: string): string {
  return `${registry}/${repository}${reference.startsWith('sha256:') ? '@' : ':'}${reference}`;
}
