import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { coerce, gte } from 'semver';
import { ColdstartError, reasonOf } from '../../core/errors.ts';
import { findImage, parseImageName } from '../../mirror/store/image-name.ts';
import type { StoredImage } from '../../mirror/store/registry.ts';
import { ImageStore } from '../mirror/image-store.ts';
import { run } from '../system/run.ts';
import { builtClusterDns } from './build.ts';
import { inspectEtcd, translateEtcdFlags } from './given-etcd.ts';
import { buildPause, imageBaseName, makeImage, TEST_IMAGES } from './images.ts';
import {
  type KubernetesContext,
  type KubernetesRelease,
  noSiteSettings,
  type SiteSettings,
} from './release.ts';
import { prepareToolTree } from './tool-tree.ts';

/** What was carried in. */
export interface GivenImages {
  version: string;
  kubeadm: string;
  /** Paths of image archives. */
  given: readonly string[];
  /** Paths of programs whose images can be made when they were not carried in, such as `kube-apiserver`. */
  programs: Readonly<Record<string, string>>;
}

type Completed = Pick<KubernetesRelease, 'imageArchives' | 'notes' | 'settings'>;

/**
 * Makes what kubeadm asks for and was not carried in, as far as that is possible.
 * @throws ColdstartError CONFIG_INVALID that names every image without which there is no cluster
 */
export async function completeImages(given: GivenImages, context: KubernetesContext): Promise<Completed> {
  const work = new Completion(given, context);
  await work.takeGiven();
  for (const name of await work.namesThatKubeadmWants()) await work.settle(name);
  work.refuseMissing();
  await work.addTestImages();
  return work.result();
}

/** From here on kubeadm gives etcd flags that 3.5 and older do not know. */
const FLAGS_OF_ETCD_3_6 = '1.34.0';
/** From here on an etcd of Debian 12 (3.4) is too old. */
const NEEDS_ETCD_3_5 = '1.33.0';

class Completion {
  readonly #given: GivenImages;
  readonly #context: KubernetesContext;
  readonly #store: ImageStore;
  readonly #dir: string;
  readonly #archives: string[] = [];
  readonly #notes: string[] = [];
  readonly #missing: string[] = [];
  #settings: SiteSettings = noSiteSettings;

  constructor(given: GivenImages, context: KubernetesContext) {
    this.#given = given;
    this.#context = context;
    this.#store = new ImageStore(join(context.cacheDir, 'registry'));
    this.#dir = join(context.cacheDir, 'kubernetes', `${given.version}-completed`);
  }

  async takeGiven(): Promise<void> {
    for (const [index, archive] of this.#given.given.entries()) {
      this.#context.progress(`reading image archives (${index + 1} of ${this.#given.given.length})`);
      await this.#take(archive);
    }
  }

  async namesThatKubeadmWants(): Promise<string[]> {
    const args = ['config', 'images', 'list', '--kubernetes-version', this.#given.version];
    const text = await run(this.#given.kubeadm, args, { doing: 'ask kubeadm for the images that it needs' });
    return text.split('\n').filter(Boolean);
  }

  async settle(name: string): Promise<void> {
    const reference = parseImageName(name);
    const found = reference && findImage(this.#store.images, reference);
    const kind = imageBaseName(name);
    if (kind === 'etcd') return found ? this.#checkEtcd(name, found) : this.#makeEtcd(name);
    if (found) return;
    if (kind === 'pause') return this.#makePause(name);
    if (kind === 'coredns') return this.#makeDns(name);
    if (this.#given.programs[kind]) await this.#make([name], 'bookworm', this.#given.programs);
    else this.#missing.push(name);
  }

  refuseMissing(): void {
    if (this.#missing.length === 0) return;
    throw new ColdstartError(
      'CONFIG_INVALID',
      `the images of Kubernetes ${this.#given.version} are not complete`,
      {
        because: `kubeadm needs ${this.#missing.join(', ')}`,
        hint: 'put their archives into the folder (docker save, ctr images export or skopeo copy make them)',
      },
    );
  }

  async addTestImages(): Promise<void> {
    const has = TEST_IMAGES.some(name => {
      const reference = parseImageName(name);
      return reference && findImage(this.#store.images, reference);
    });
    if (!has) await this.#make(TEST_IMAGES, 'bookworm', {});
  }

  result(): Completed {
    return { imageArchives: this.#archives, notes: this.#notes, settings: this.#settings };
  }

  // A stick has other archives on it too, such as the one that the programs came in.
  async #take(archive: string): Promise<void> {
    const { signal } = this.#context;
    try {
      await this.#store.import(archive, signal);
      this.#archives.push(archive);
    } catch (error) {
      signal?.throwIfAborted();
      this.#notes.push(`${archive} was left out: ${reasonOf(error)}`);
    }
  }

  async #makePause(name: string): Promise<void> {
    const pause = await buildPause(join(this.#context.cacheDir, 'kubernetes', 'bin'), this.#context);
    await this.#make([name], 'bookworm', { pause });
    this.#notes.push(`the image ${name} was missing and was made here`);
  }

  async #makeDns(name: string): Promise<void> {
    const clusterDns = builtClusterDns(this.#context.cacheDir);
    if (clusterDns) {
      await this.#make([name], 'bookworm', { 'cluster-dns': clusterDns });
      this.#notes.push(`the image ${name} is missing: a small stand-in answers for the names of services`);
      return;
    }
    // Without the add-on kubeadm still looks for its image, and upgrades look for its Deployment.
    const ignorePreflightErrors = ['ImagePull', 'CoreDNSUnsupportedPlugins', 'CoreDNSMigration'];
    this.#settings = { ...this.#settings, skipPhases: ['addon/coredns'], ignorePreflightErrors };
    this.#notes.push(`the image ${name} is missing: the cluster will have no DNS for services`);
  }

  async #makeEtcd(name: string): Promise<void> {
    const suite = this.#isAtLeast(NEEDS_ETCD_3_5) ? 'trixie' : 'bookworm';
    await this.#make([name], suite, {});
    this.#notes.push(`the image ${name} was missing and was made from Debian's etcd (${suite})`);
  }

  async #checkEtcd(name: string, image: StoredImage): Promise<void> {
    if (!this.#isAtLeast(FLAGS_OF_ETCD_3_6)) return;
    const etcd = await inspectEtcd(image, this.#store, this.#dir);
    if (!etcd || gte(coerce(etcd.version) ?? '0.0.0', '3.6.0')) return;
    const tools = await prepareToolTree('bookworm', this.#context);
    const file = join(this.#dir, 'etcd-translated.tar');
    await translateEtcdFlags({ file, name, image, etcdPath: etcd.path }, this.#store, tools);
    // The first archive with a name is the one that is served.
    this.#archives.unshift(file);
    this.#notes.push(
      `the etcd in ${name} is ${etcd.version}: its flags are translated, because kubeadm gives those of 3.6`,
    );
  }

  async #make(
    names: readonly string[],
    suite: string,
    programs: Readonly<Record<string, string>>,
  ): Promise<void> {
    const tools = await prepareToolTree(suite, this.#context);
    const oldEtcd = this.#isAtLeast(FLAGS_OF_ETCD_3_6);
    const dir = join(this.#dir, await fingerprint(programs));
    this.#archives.push(await makeImage(dir, names, { programs, tools, oldEtcd }));
  }

  #isAtLeast(version: string): boolean {
    return gte(coerce(this.#given.version) ?? '0.0.0', version);
  }
}

/** Changes with the programs that an image is made of. */
async function fingerprint(programs: Readonly<Record<string, string>>): Promise<string> {
  const stats = await Promise.all(Object.values(programs).map(path => stat(path)));
  const text = JSON.stringify([programs, stats.map(({ size, mtimeMs }) => [size, mtimeMs])]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
