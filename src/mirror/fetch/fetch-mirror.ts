import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ColdstartError } from '../../core/errors.ts';
import { takeLock } from '../../state/lock.ts';
import { spelling } from '../address.ts';
import { blobsOf, type MirrorLock, readLock, writeLock } from '../lock-file.ts';
import type { MirrorNeeds, Named } from '../needs.ts';
import { BlobStore } from '../store/blob-store.ts';
import { fullImageName } from '../store/image-name.ts';
import { type FoundImage, fetchChart, foundIn } from './charts.ts';
import { attempt, type Fetching, fetchBody, inParallel, pinned } from './fetching.ts';
import { fetchImage } from './images.ts';
import { kubeadmImages, upstreamVersion } from './kubeadm.ts';
import { fetchPackages } from './packages.ts';
import { RegistryClient } from './registry-client.ts';

export interface FetchOptions {
  dir: string;
  needs: MirrorNeeds;
  /** HTTP proxy for apt's repositories. */
  proxy: string | undefined;
  /** Mirrors of registries, by registry. */
  registryMirrors: Readonly<Record<string, string>>;
  update: boolean;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  progress(text: string): void;
}

export interface FetchResult {
  lock: MirrorLock;
  /** What could not be had, or is not what it was; the rest is in the mirror. */
  problems: readonly ColdstartError[];
}

/** Fetches whatever is missing of the mirror in a folder, and writes its lock file. Errors: LOCKED, STOPPED, MIRROR_DAMAGED. */
export async function fetchMirror(options: FetchOptions): Promise<FetchResult> {
  const held = await takeLock(options.dir, 'coldstart mirror fetch');
  try {
    const fetching = await begin(options);
    await fetchEverything(fetching, options.needs);
    await writeLock(options.dir, fetching.lock);
    if (fetching.problems.length === 0) await removeStrays(options.dir, fetching.lock);
    return { lock: fetching.lock, problems: fetching.problems };
  } finally {
    await held.release();
  }
}

async function begin(options: FetchOptions): Promise<Fetching> {
  const { dir, needs, proxy, update, env, signal, progress } = options;
  const store = new BlobStore(dir);
  await store.prepare();
  return {
    store,
    old: await readLock(dir),
    lock: {
      schemaVersion: 1,
      kubernetesVersion: needs.kubernetesVersion,
      architectures: [...needs.architectures],
      files: {},
      charts: [],
      images: {},
      notes: [...needs.unknown],
    },
    problems: [],
    registry: new RegistryClient({ mirrors: options.registryMirrors, env, signal }),
    proxy,
    update,
    env,
    signal,
    progress,
  };
}

async function fetchEverything(fetching: Fetching, needs: MirrorNeeds): Promise<void> {
  const found: FoundImage[] = needs.images.map(image => ({ ...image, possible: false }));
  found.push(...(await fetchKubernetes(fetching, needs)));
  for (const addon of needs.charts)
    await attempt(fetching, `the chart of ${addon.name}`, async () => {
      found.push(...(await fetchChart(fetching, addon, renderVersion(fetching.lock))));
    });
  for (const manifest of needs.manifests)
    await attempt(fetching, `the manifest ${manifest.name}`, async () => {
      found.push(...(await fetchManifest(fetching, manifest)));
    });
  const images = new Map(
    found.toSorted((a, b) => Number(b.possible) - Number(a.possible)).map(each => [each.name, each]),
  );
  await inParallel([...images.values()], 3, image => fetchImage(fetching, image));
}

async function fetchKubernetes(fetching: Fetching, needs: MirrorNeeds): Promise<FoundImage[]> {
  const names: string[] = [];
  for (const architecture of needs.architectures) {
    const packages = await fetchPackages(fetching, needs, architecture);
    const kubeadm = packages.find(({ name }) => name === 'kubeadm');
    if (!kubeadm || fetching.store.blob(kubeadm.digest) === undefined) continue;
    fetching.lock.kubernetesVersion = upstreamVersion(kubeadm);
    // The names are the same for every architecture.
    if (names.length === 0 && runsHere(architecture))
      await attempt(fetching, 'the names of the images of Kubernetes', async () => {
        names.push(...(await kubeadmImages(fetching, kubeadm, needs)));
      });
  }
  if (names.length === 0 && !needs.architectures.some(runsHere))
    fetching.lock.notes.push(
      'the images of Kubernetes itself: kubeadm names them, and could not run here; put them into mirror.images',
    );
  return names.map(name => ({ name: fullImageName(name), for: 'kubeadm', possible: false }));
}

function runsHere(architecture: string): boolean {
  return (
    process.platform === 'linux' && { x64: 'amd64', arm64: 'arm64' }[process.arch as string] === architecture
  );
}

/** A manifest of this computer stays where it is; its images are needed all the same. */
async function fetchManifest(fetching: Fetching, { name, for: neededBy }: Named): Promise<FoundImage[]> {
  if (!name.includes('://')) return foundIn(await readFile(name, 'utf8'), neededBy);
  const body = await fetchBody(fetching, name);
  const old = fetching.old?.files[spelling(name)];
  const digest = pinned(fetching, `the manifest ${name}`, old?.digest, await fetching.store.putText(body));
  const kept = await readFile(fetching.store.blob(digest) ?? '');
  fetching.lock.files[spelling(name)] = { digest, sizeBytes: kept.length, for: neededBy };
  return foundIn(kept.toString(), neededBy);
}

/** Charts ask for the version that they will meet. */
function renderVersion({ kubernetesVersion }: MirrorLock): string {
  return kubernetesVersion.split('.').length === 2 ? `${kubernetesVersion}.0` : kubernetesVersion;
}

/** What no entry of the lock file names any more. */
async function removeStrays(dir: string, lock: MirrorLock): Promise<void> {
  const named = new Set(blobsOf(lock).map(({ digest }) => digest.slice('sha256:'.length)));
  const blobs = join(dir, 'blobs');
  for (const name of await readdir(blobs)) if (!named.has(name)) await rm(join(blobs, name), { force: true });
  await rm(join(dir, 'partial'), { recursive: true, force: true });
}
