import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { execa } from 'execa';
import { ColdstartError } from '../../core/errors.ts';
import { FetchError } from '../../net/http.ts';
import { spelling } from '../address.ts';
import { closureOf } from '../apt/closure.ts';
import { type DebianPackage, type IndexFile, indexFilesOf, packagesOf } from '../apt/control.ts';
import { signedText } from '../apt/signature.ts';
import { type AptSource, releaseFolder } from '../apt/source.ts';
import type { MirrorNeeds } from '../needs.ts';
import type { BlobStore } from '../store/blob-store.ts';
import { attempt, type Fetching, fetchBody, fetchKnown, inParallel, pinned } from './fetching.ts';

/**
 * Fetches the packages with everything that they depend on, and the signed lists that name them. Returns those that were
 * chosen. Errors: MIRROR_UNREACHABLE and MIRROR_UNSIGNED as problems of the run.
 */
export async function fetchPackages(
  fetching: Fetching,
  needs: MirrorNeeds,
  architecture: string,
): Promise<DebianPackage[]> {
  const available: DebianPackage[] = [];
  const complete = await attempt(fetching, 'the lists of packages', async () => {
    available.push(...(await kubernetesIndex(fetching, needs, architecture)));
    for (const source of needs.sources(architecture) ?? [])
      available.push(...(await indexOf(fetching, source, { file: source.keyring }, architecture)));
  });
  if (!complete) return [];
  const { packages, missing } = closureOf(needs.packages, available);
  reportMissing(fetching, missing, needs);
  const size = packages.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  fetching.progress(`${packages.length} packages for ${architecture}, ${Math.round(size / 1e6)} MB`);
  await inParallel(packages, 4, async ({ name, version, url, digest, sizeBytes }) => {
    await attempt(fetching, `the package ${name} ${version}`, () => fetchKnown(fetching, url, digest));
    fetching.lock.files[spelling(url)] = { digest, sizeBytes, for: `package ${name} ${version}` };
  });
  return packages;
}

/** Its key comes from the same place by HTTPS, and is pinned from then on. */
async function kubernetesIndex(
  fetching: Fetching,
  { kubernetes: { repository, key } }: MirrorNeeds,
  architecture: string,
): Promise<DebianPackage[]> {
  const url = spelling(key);
  const text = await fetchBody(fetching, key);
  const old = fetching.old?.files[url];
  const digest = pinned(fetching, `the key ${key}`, old?.digest, await fetching.store.putText(text));
  const armoured = await readFile(fetching.store.blob(digest) ?? '');
  fetching.lock.files[url] = { digest, sizeBytes: armoured.length, for: 'key of the Kubernetes packages' };
  const source = { url: repository, suite: '/', components: [], keyring: '' };
  return indexOf(fetching, source, { armoured }, architecture);
}

async function indexOf(
  fetching: Fetching,
  source: AptSource,
  keyring: { file: string } | { armoured: Buffer },
  architecture: string,
): Promise<DebianPackage[]> {
  const folder = releaseFolder(source);
  fetching.progress(`reading ${folder}`);
  const release = await fetchBody(fetching, `${folder}InRelease`);
  const text = await signedText(release, keyring, `${folder}InRelease`, fetching.signal);
  fetching.lock.files[spelling(`${folder}InRelease`)] = {
    digest: await fetching.store.putText(release),
    sizeBytes: release.length,
    for: 'list of packages',
  };
  const found: DebianPackage[] = [];
  for (const index of indexesFor(source, indexFilesOf(text), architecture)) {
    await fetchIndex(fetching, folder, index, /^Acquire-By-Hash: yes$/im.test(text));
    const content = await contentOf(fetching.store, index);
    found.push(...packagesOf(content, source.url).filter(({ url }) => fits(url, architecture)));
  }
  return found;
}

/** One index a component: gzip where there is one, which Node can read. Debian's security updates have xz alone. */
function indexesFor(source: AptSource, files: readonly IndexFile[], architecture: string): IndexFile[] {
  const bases =
    source.suite === '/'
      ? ['Packages']
      : source.components.map(component => `${component}/binary-${architecture}/Packages`);
  return bases.map(base => {
    const [found] = ['.gz', '.xz', ''].flatMap(ending => files.filter(({ path }) => path === base + ending));
    if (found) return found;
    throw new ColdstartError('MIRROR_UNREACHABLE', `${releaseFolder(source)} has no ${base}`, {
      hint: 'check mirror.sources and mirror.architectures in cluster.yaml',
    });
  });
}

/** By its digest where the server has that: the list under the usual name may be newer than the signature. */
async function fetchIndex(
  fetching: Fetching,
  folder: string,
  { path, digest, sizeBytes }: IndexFile,
  byHash: boolean,
): Promise<void> {
  const hashed = path.replace(/[^/]*$/, `by-hash/SHA256/${digest.slice('sha256:'.length)}`);
  if (!byHash) await fetchKnown(fetching, folder + path, digest);
  else
    await fetchKnown(fetching, folder + hashed, digest).catch((error: unknown) => {
      // Caches between here and there may have the usual name alone.
      if (!(error instanceof FetchError) || error.status !== 404) throw error;
      return fetchKnown(fetching, folder + path, digest);
    });
  const entry = { digest, sizeBytes, for: 'list of packages' };
  for (const name of byHash ? [path, hashed] : [path]) fetching.lock.files[spelling(folder + name)] = entry;
}

async function contentOf(store: BlobStore, { path, digest }: IndexFile): Promise<string> {
  const file = store.blob(digest) ?? '';
  if (path.endsWith('.xz')) return unpackXz(file);
  const raw = await readFile(file);
  return (path.endsWith('.gz') ? gunzipSync(raw) : raw).toString();
}

async function unpackXz(file: string): Promise<string> {
  const result = await execa('xz', ['--decompress', '--stdout'], {
    inputFile: file,
    reject: false,
    maxBuffer: 512e6,
  });
  if (!result.failed) return result.stdout;
  throw new ColdstartError('MIRROR_INCOMPLETE', 'a list of packages could not be unpacked', {
    because: result.code === 'ENOENT' ? 'xz is not in PATH' : result.stderr,
    hint: 'install xz (Debian, Ubuntu: xz-utils)',
  });
}

/** A flat repository has all architectures in one list. */
function fits(url: string, architecture: string): boolean {
  return url.endsWith(`_${architecture}.deb`) || url.endsWith('_all.deb');
}

/** Without the operating system's own lists, only what nobody can guess is missed. */
function reportMissing(
  fetching: Fetching,
  missing: readonly { name: string; neededBy: string }[],
  needs: MirrorNeeds,
): void {
  const [architecture = ''] = needs.architectures;
  const complete = needs.sources(architecture) !== undefined;
  for (const { name, neededBy } of missing) {
    if (!complete && neededBy !== 'cluster.yaml') continue;
    if (!complete && !name.includes('=')) continue;
    fetching.problems.push(
      new ColdstartError('MIRROR_INCOMPLETE', `no repository has the package ${name}`, {
        because: `${neededBy} needs it`,
        hint: 'check kubernetes.version, packages.kubernetes.repository and mirror.sources in cluster.yaml',
      }),
    );
  }
}
