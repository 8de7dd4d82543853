import { appendFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { helmFolder } from '../../../test/support/helm.ts';
import { addImage, digestOf, startUpstream, type Upstream } from '../../../test/support/upstream.ts';
import { clusterSchema } from '../../config/schema.ts';
import { checkMirror } from '../check.ts';
import { type MirrorNeeds, mirrorNeeds } from '../needs.ts';
import { serveMirror } from '../serve.ts';
import { BlobStore } from '../store/blob-store.ts';
import { type FetchResult, fetchMirror } from './fetch-mirror.ts';

const programs = ['apt-ftparchive', 'dpkg-deb', 'gpg', 'gpgv'];
const able = programs.every(name => execaSync('which', [name], { reject: false }).exitCode === 0);
if (!able) process.stderr.write(`skipped: fetching a mirror needs ${programs.join(', ')}\n`);

const webImage = 'registry.invalid/library/web:1';
const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

describe.skipIf(!able)('a mirror', () => {
  let scratch: string;
  let pristine: Map<string, Buffer>;
  let upstream: Upstream;
  let dir: string;
  let env: Record<string, string>;

  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'coldstart-upstream-'));
    upstream = await startUpstream(scratch);
    pristine = new Map(upstream.files);
    env = { PATH: `${await helmFolder()}:${process.env['PATH']}` };
  });

  afterAll(async () => {
    upstream.close();
    await rm(scratch, { recursive: true, force: true });
  });

  beforeEach(async () => {
    upstream.files = new Map(pristine);
    upstream.requests = [];
    dir = await mkdtemp(join(tmpdir(), 'coldstart-mirror-'));
  });

  afterEach(() => rm(dir, { recursive: true, force: true }));

  const fetchIt = (more: { update?: boolean; needs?: Partial<MirrorNeeds> } = {}): Promise<FetchResult> =>
    fetchMirror({
      dir,
      needs: { ...needsOf(upstream.url), ...more.needs },
      proxy: undefined,
      registryMirrors: { 'registry.invalid': upstream.url },
      update: more.update ?? false,
      env,
      signal: new AbortController().signal,
      progress: () => undefined,
    });
  const codes = ({ problems }: FetchResult) => problems.map(({ code }) => code);
  const check = async () =>
    (await checkMirror(dir, new AbortController().signal)).bad.map(({ because }) => because);
  const blobPath = (digest: string) => new BlobStore(dir).pathOf(digest) ?? '';

  test('has packages, images, the chart and the manifest, and everything is what its digest says', async () => {
    const { lock, problems } = await fetchIt();
    expect(problems).toEqual([]);
    expect(lock.kubernetesVersion).toBe('1.20.2');
    expect(Object.keys(lock.files).filter(url => url.endsWith('.deb'))).toHaveLength(5);
    expect(Object.keys(lock.images).sort()).toEqual([webImage]);
    // One architecture: index, manifest, config and layer.
    expect(lock.images[webImage]?.blobs).toHaveLength(4);
    expect(await check()).toEqual([]);
    upstream.requests = [];
    expect(await fetchIt()).toEqual({ lock, problems: [] });
    expect(upstream.requests.filter(({ path }) => /\.deb$|blobs|web\.tgz/.test(path))).toEqual([]);
  });

  test('goes on in the middle of a file after it was cut off', async () => {
    const path = [...upstream.files.keys()].find(each => each.endsWith('.deb')) ?? '';
    const body = upstream.files.get(path) ?? Buffer.alloc(0);
    await mkdir(join(dir, 'partial'), { recursive: true });
    await writeFile(join(dir, 'partial', digestOf(body).slice(7)), body.subarray(0, 100));
    expect(codes(await fetchIt())).toEqual([]);
    expect(upstream.requests).toContainEqual({ path, range: 'bytes=100-' });
    expect(await check()).toEqual([]);
  });

  test('a connection that breaks is taken up again; a wrong half is thrown away', async () => {
    const [broken = '', wrong = ''] = [...upstream.files.keys()].filter(each => each.endsWith('.deb'));
    upstream.cutOff.add(broken);
    await mkdir(join(dir, 'partial'), { recursive: true });
    await writeFile(
      join(dir, 'partial', digestOf(upstream.files.get(wrong) ?? Buffer.alloc(0)).slice(7)),
      'not it',
    );
    expect(codes(await fetchIt())).toEqual([]);
    expect(await check()).toEqual([]);
  });

  test.each([
    ['a package', (path: string) => path.includes('kubectl')],
    ['a layer', (path: string) => path.includes('/blobs/')],
    ['a chart', (path: string) => path.endsWith('web.tgz')],
  ])('%s with another digest is refused, and the rest is fetched', async (_name, isIt) => {
    for (const path of upstream.files.keys()) if (isIt(path)) upstream.files.set(path, Buffer.from('evil'));
    const result = await fetchIt();
    expect([...new Set(codes(result))]).toEqual(['MIRROR_DAMAGED']);
    expect(await check()).not.toContain('changed');
    expect(Object.keys(result.lock.files).length).toBeGreaterThan(5);
  });

  test('a list of packages that was changed after it was signed is refused', async () => {
    const release = upstream.files.get('/apt/InRelease')?.toString() ?? '';
    upstream.files.set('/apt/InRelease', Buffer.from(release.replace('coldstart', 'goldstart')));
    expect(codes(await fetchIt())).toContain('MIRROR_UNSIGNED');
  });

  test('one that another key signed is refused', async () => {
    const other = join(scratch, 'gnupg');
    await mkdir(other, { recursive: true, mode: 0o700 });
    const gpg = (...args: string[]) =>
      execa('gpg', [
        '--homedir',
        other,
        '--batch',
        '--pinentry-mode',
        'loopback',
        '--passphrase',
        '',
        ...args,
      ]);
    await gpg('--quick-gen-key', 'somebody else', 'ed25519', 'sign', 'never');
    const { stdout } = await gpg('--armor', '--export');
    await execa('gpgconf', ['--homedir', other, '--kill', 'all'], { reject: false });
    upstream.files.set('/apt/Release.key', Buffer.from(stdout));
    expect(codes(await fetchIt())).toContain('MIRROR_UNSIGNED');
  });

  test('what was pinned and changed is noticed and kept, until it is to be updated', async () => {
    const before = (await fetchIt()).lock;
    const digest = addImage(upstream, 'library/web', '1', 'another web');
    upstream.files.set('/manifest.yaml', Buffer.from('kind: Pod\n'));
    const kept = await fetchIt();
    expect(codes(kept)).toEqual(['MIRROR_CHANGED', 'MIRROR_CHANGED']);
    expect(kept.lock.images).toEqual(before.images);
    expect(kept.lock.files).toEqual(before.files);
    const updated = await fetchIt({ update: true });
    expect(codes(updated)).toEqual([]);
    expect(updated.lock.images[webImage]?.digest).toBe(digest);
    // Nothing of the old image is left behind.
    expect(new BlobStore(dir).blob(before.images[webImage]?.digest ?? '')).toBeUndefined();
  });

  test('an image that is only possible may be missing, one that is named may not', async () => {
    const images = [{ name: 'registry.invalid/library/gone:1', for: 'a test' }];
    expect(codes(await fetchIt({ needs: { images } }))).toEqual(['MIRROR_UNREACHABLE']);
    upstream.files.set(
      '/manifest.yaml',
      Buffer.from(
        'kind: Pod\nspec: { containers: [{ args: ["--with=registry.invalid/library/gone:1"] }] }\n',
      ),
    );
    const { lock, problems } = await fetchIt({ update: true });
    expect(problems).toEqual([]);
    expect(lock.notes.join()).toContain('registry.invalid/library/gone:1');
  });

  test('check finds what was changed and what is missing; fetch brings back what is missing', async () => {
    const { lock } = await fetchIt();
    const [first, second] = Object.values(lock.files);
    await appendFile(blobPath(first?.digest ?? ''), 'x');
    await rm(blobPath(second?.digest ?? ''));
    expect((await check()).sort()).toEqual(['changed', 'missing']);
    await rm(blobPath(first?.digest ?? ''));
    expect(codes(await fetchIt())).toEqual([]);
    expect(await check()).toEqual([]);
  });

  test('a lock file that is none is an error that says so', async () => {
    await writeFile(join(dir, 'mirror.lock.json'), '{"schemaVersion": 7}');
    await expect(fetchIt()).rejects.toMatchObject({ code: 'MIRROR_DAMAGED' });
    await rm(join(dir, 'mirror.lock.json'));
    await expect(check()).rejects.toMatchObject({ code: 'MIRROR_MISSING' });
  });

  test('is served: apt, the registry and helm find everything at its address', async () => {
    await fetchIt();
    const lines: string[] = [];
    const served = await serveMirror({ dir, address: '127.0.0.1', port: 0, log: line => lines.push(line) });
    try {
      const at = (path: string) => fetch(`${served.url}${path}`);
      const host = new URL(upstream.url).host;
      expect(await (await at(`/http/${host}/apt/InRelease`)).text()).toBe(
        upstream.files.get('/apt/InRelease')?.toString(),
      );
      expect((await at(`/http/${host}/apt/kubeadm_1.20.2-1.1_${architecture}.deb`)).status).toBe(200);
      expect((await at(`/http/${host}/apt/../secret`)).status).toBe(404);
      expect((await at('/v2/library/web/manifests/1?ns=registry.invalid')).status).toBe(200);
      const pulled = await execa(
        'helm',
        ['template', 'x', 'web', '--repo', `${served.url}/http/${host}/charts/`, '--version', '1.0.0'],
        { env: { ...env, HOME: dir } },
      );
      expect(pulled.stdout).toContain('docker.io/library/busybox:1.35');
      expect(lines).toContain(`GET /http/${host}/charts/index.yaml 200`);
    } finally {
      await served.close();
    }
  });
});

function needsOf(url: string): MirrorNeeds {
  const web = {
    chart: { repository: `${url}/charts`, name: 'web', version: '1.0.0' },
    values: { image: webImage },
  };
  const { charts } = mirrorNeeds(clusterSchema.parse({ addons: { web } }));
  return {
    kubernetesVersion: '1.20.2',
    architectures: [architecture],
    packages: ['kubeadm=1.20.2-*', 'kubelet=1.20.2-*', 'kubectl=1.20.2-*'],
    kubernetes: { repository: `${url}/apt/`, key: `${url}/apt/Release.key` },
    sources: () => undefined,
    imageRepository: undefined,
    images: [],
    charts,
    manifests: [{ name: `${url}/manifest.yaml`, for: 'a test' }],
    unknown: [],
  };
}
