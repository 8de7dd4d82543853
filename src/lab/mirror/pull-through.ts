import { RegistryClient } from '../../mirror/fetch/registry-client.ts';
import { FetchError } from '../../net/http.ts';
import type { ImageStore } from './image-store.ts';

/** Fetches what a client asks the registry for from the registry that it means, and puts it into the store. */
export class PullThrough {
  readonly #store: ImageStore;
  readonly #client = new RegistryClient();

  constructor(store: ImageStore) {
    this.#store = store;
  }

  /** Does nothing when the store has it, when no registry is meant, or when that registry does not have it. */
  async fetchFor(url: URL): Promise<void> {
    const registry = url.searchParams.get('ns');
    const [, repository = '', kind = '', reference = ''] =
      /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(url.pathname) ?? [];
    if (!registry || repository === '' || this.#store.blob(reference)) return;
    const place = { registry, repository };
    try {
      if (kind === 'blobs') await this.#client.blob(place, reference, this.#store);
      else await this.#keepManifest(place, reference);
    } catch (error) {
      // The client is told that there is none, and looks elsewhere.
      if (!(error instanceof FetchError)) throw error;
    }
  }

  async #keepManifest(place: { registry: string; repository: string }, reference: string): Promise<void> {
    const { body, mediaType } = await this.#client.manifest(place, reference);
    const digest = await this.#store.putText(body);
    if (!reference.startsWith('sha256:')) this.#store.add({ ...place, tag: reference, digest, mediaType });
  }
}
