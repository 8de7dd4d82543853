import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { ImageStore } from './image-store.ts';

/** A name and what it stands for. */
export interface NamedManifest {
  name: string;
  digest: string;
  mediaType: string;
}

const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/**
 * Takes an unpacked docker-archive into the store; manifests are made, because such archives have none.
 * @see https://github.com/moby/docker-image-spec
 */
export async function readDockerArchive(dir: string, store: ImageStore): Promise<NamedManifest[]> {
  const entries = JSON.parse(await readFile(join(dir, 'manifest.json'), 'utf8')) as DockerManifest[];
  const taken = new Map<string, Descriptor>();
  // Several images of one archive may share files, which move into the store only once.
  const take = async (name: string, mediaType: (path: string) => Promise<string>): Promise<Descriptor> => {
    const path = await inside(dir, name);
    const known = taken.get(path);
    if (known) return known;
    const descriptor = { mediaType: await mediaType(path), ...(await describe(path)) };
    await store.putFile(path, descriptor.digest.slice('sha256:'.length));
    taken.set(path, descriptor);
    return descriptor;
  };
  const named: NamedManifest[] = [];
  for (const { Config, Layers, RepoTags } of entries) {
    const config = await take(Config, async () => 'application/vnd.oci.image.config.v1+json');
    const layers: Descriptor[] = [];
    for (const layer of Layers) layers.push(await take(layer, layerType));
    const digest = await store.putText(
      JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }),
    );
    named.push(...(RepoTags ?? []).map(name => ({ name, digest, mediaType: OCI_MANIFEST })));
  }
  return named;
}

interface DockerManifest {
  Config: string;
  RepoTags: string[] | null;
  Layers: string[];
}

interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

/**
 * Takes an unpacked OCI layout into the store as it is.
 * @see https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 */
export async function readOciLayout(dir: string, store: ImageStore): Promise<NamedManifest[]> {
  const index = JSON.parse(await readFile(join(dir, 'index.json'), 'utf8')) as OciIndex;
  const blobs = join(dir, 'blobs/sha256');
  for (const name of await readdir(blobs)) {
    const { digest } = await describe(join(blobs, name));
    if (digest !== `sha256:${name}`) throw new Error(`the blob ${name} is not what its name says`);
    await store.putFile(join(blobs, name), name);
  }
  return index.manifests.flatMap(({ digest, mediaType = OCI_MANIFEST, annotations = {} }) => {
    // containerd writes the whole name, other tools often only the tag.
    const name = annotations['io.containerd.image.name'] ?? annotations['org.opencontainers.image.ref.name'];
    return name ? [{ name, digest, mediaType }] : [];
  });
}

interface OciIndex {
  manifests: { digest: string; mediaType?: string; annotations?: Record<string, string> }[];
}

/** The real path of an archive's file; old archives have links in them, which must not lead out of it. */
async function inside(dir: string, name: string): Promise<string> {
  const path = await realpath(join(dir, name));
  if (!path.startsWith(dir + sep)) throw new Error(`${name} leads out of the archive`);
  return path;
}

async function describe(path: string): Promise<{ digest: string; size: number }> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return { digest: `sha256:${hash.digest('hex')}`, size: (await stat(path)).size };
}

async function layerType(path: string): Promise<string> {
  const file = await open(path);
  const buffer = Buffer.alloc(4);
  try {
    await file.read(buffer, 0, 4, 0);
  } finally {
    await file.close();
  }
  const isGzip = buffer[0] === 0x1f && buffer[1] === 0x8b;
  const isZstd = buffer.readUInt32LE(0) === 0xfd2fb528;
  const ending = isGzip ? '+gzip' : isZstd ? '+zstd' : '';
  return `application/vnd.oci.image.layer.v1.tar${ending}`;
}
