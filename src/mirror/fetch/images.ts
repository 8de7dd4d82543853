import { readFile } from 'node:fs/promises';
import { ColdstartError } from '../../core/errors.ts';
import { FetchError } from '../../net/http.ts';
import type { LockedImage } from '../lock-file.ts';
import { parseImage } from '../store/image-name.ts';
import { attempt, type Fetching, patiently, pinned } from './fetching.ts';
import type { ImagePlace } from './registry-client.ts';

/** What of a manifest or index is looked at. */
interface ManifestBody {
  config?: Descriptor;
  layers?: Descriptor[];
  manifests?: (Descriptor & { platform?: { os?: string; architecture?: string } })[];
}

interface Descriptor {
  digest: string;
  mediaType?: string;
  size: number;
}

/**
 * Fetches an image, or a chart in a registry, for the mirror's architectures; what went wrong is a problem of the run.
 * One that is only possible, because a text looks like its name, may be missing.
 */
export async function fetchImage(
  fetching: Fetching,
  image: { name: string; for: string; possible?: boolean },
): Promise<void> {
  const { name } = image;
  await attempt(fetching, `the image ${name}`, async () => {
    try {
      fetching.lock.images[name] = { ...(await pull(fetching, name)), for: image.for };
    } catch (error) {
      const old = fetching.old?.images[name];
      if (old) fetching.lock.images[name] = old;
      if (!(image.possible && error instanceof FetchError && error.status < 500)) throw error;
      fetching.lock.notes.push(
        `${name}, which ${image.for} speaks of, is in no registry: it may be no image`,
      );
    }
  });
}

async function pull(fetching: Fetching, name: string): Promise<Omit<LockedImage, 'for'>> {
  const image = parseImage(name);
  if (!image)
    throw new ColdstartError('MIRROR_UNREACHABLE', `${name} is no name of an image`, {
      hint: 'correct it where it is written: in cluster.yaml, a chart or a manifest',
    });
  const { store, signal, registry } = fetching;
  const reference = image.digest ?? image.tag;
  const found = await patiently(signal, () => registry.manifest(image, reference));
  const old = fetching.old?.images[name]?.digest;
  const digest = pinned(fetching, `the image ${name}`, old, found.digest);
  if (digest !== found.digest && fetching.old?.images[name]) return fetching.old.images[name];
  fetching.progress(`image ${name}`);
  await store.putText(found.body);
  const blobs = [{ digest, sizeBytes: found.body.length }];
  for (const manifest of await manifestsOf(fetching, image, JSON.parse(found.body.toString()), blobs)) {
    for (const { digest: part, size } of [manifest.config, ...(manifest.layers ?? [])].filter(
      each => !!each,
    )) {
      await patiently(signal, () => registry.blob(image, part, store));
      blobs.push({ digest: part, sizeBytes: size });
    }
  }
  return { digest, mediaType: found.mediaType, blobs };
}

/** The manifests of the wanted architectures, put into the store; a manifest that stands alone is all there is. */
async function manifestsOf(
  fetching: Fetching,
  place: ImagePlace,
  body: ManifestBody,
  blobs: { digest: string; sizeBytes: number }[],
): Promise<ManifestBody[]> {
  if (!body.manifests) return [body];
  const wanted = body.manifests.filter(
    ({ platform }) =>
      platform?.os === 'linux' && fetching.lock.architectures.includes(platform.architecture ?? ''),
  );
  if (wanted.length === 0)
    throw new ColdstartError(
      'MIRROR_INCOMPLETE',
      `${place.registry}/${place.repository} has no image for these machines`,
      {
        because: `it is not made for ${fetching.lock.architectures.join(', ')}`,
      },
    );
  const found: ManifestBody[] = [];
  for (const { digest } of wanted) {
    const manifest = await patiently(fetching.signal, () => fetching.registry.manifest(place, digest));
    await fetching.store.putText(manifest.body);
    blobs.push({ digest, sizeBytes: manifest.body.length });
    found.push(JSON.parse(manifest.body.toString()) as ManifestBody);
  }
  return found;
}

/** Path of the chart's archive among the blobs of a chart in a registry. */
export async function chartBlob(fetching: Fetching, name: string): Promise<string | undefined> {
  const locked = fetching.lock.images[name];
  const manifest = locked && fetching.store.blob(locked.digest);
  if (manifest === undefined) return undefined;
  const { layers = [] } = JSON.parse(await readFile(manifest, 'utf8')) as ManifestBody;
  const chart = layers.find(({ mediaType }) => mediaType === chartMediaType);
  return chart && fetching.store.blob(chart.digest);
}

/** https://helm.sh/docs/topics/registries/ */
const chartMediaType = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
