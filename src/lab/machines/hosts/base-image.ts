import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { DebianMirrors } from '../../system/apt-mirrors.ts';
import { assetsDir } from '../../system/assets.ts';
import { withLock } from '../../system/lock.ts';
import { run } from '../../system/run.ts';
import { maskedUnits, packagesOfBase } from './base-contents.ts';

export interface BaseImageOptions {
  cacheDir: string;
  mirrors: DebianMirrors;
  /** Release of Debian, such as `bookworm`. */
  suite: string;
  progress?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

/**
 * Makes the tree that every host's disk starts as, and returns its folder. It is made once for each suite and each
 * definition of its contents: a change of either gives a new folder, so a disk in use never changes underneath.
 * @throws ColdstartError LAB_FAILED
 */
export async function prepareBaseImage(options: BaseImageOptions): Promise<string> {
  const images = join(options.cacheDir, 'images');
  const tree = join(images, `${options.suite}-${await fingerprint(options)}`);
  if (existsSync(tree)) return tree;
  await mkdir(images, { recursive: true });
  const onWait = () => options.progress?.('waiting for somebody else to make the base image');
  await withLock(`${tree}.lock`, () => make(tree, options), { signal: options.signal, onWait });
  return tree;
}

async function make(tree: string, options: BaseImageOptions): Promise<void> {
  if (existsSync(tree)) return;
  options.progress?.(`making the base image ${options.suite}`);
  const draft = `${tree}.tmp`;
  await run('rm', ['-rf', '--one-file-system', draft]);
  await bootstrap(draft, options);
  await configure(draft, options);
  await rename(draft, tree);
}

async function bootstrap(tree: string, { mirrors, suite, signal }: BaseImageOptions): Promise<void> {
  const excluded = ['/usr/share/man/*', '/usr/share/doc/*', '/usr/share/locale/*'];
  const args = [
    '--mode=root',
    '--variant=minbase',
    `--include=${packagesOfBase.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...(mirrors.proxy ? [`--aptopt=Acquire::http::Proxy "${mirrors.proxy}"`] : []),
    ...excluded.map(path => `--dpkgopt=path-exclude=${path}`),
    // The lists stay, so that a host's first update only asks whether they have changed.
    '--aptopt=Acquire::Languages "none"',
    '--skip=check/empty,cleanup/apt/lists',
    suite,
    tree,
    ...sourcesOf(mirrors, suite).map(source => `deb [signed-by=${mirrors.keyring}] ${source}`),
  ];
  await run('mmdebstrap', args, { signal, doing: `make a base image of Debian ${suite}` });
}

async function configure(tree: string, options: BaseImageOptions): Promise<void> {
  await cp(overlayDir(), tree, { recursive: true, force: true });
  await writeFile(join(tree, 'etc/apt/sources.list'), sourcesList(options));
  await writeFile(join(tree, 'etc/machine-id'), '');
  await writeFile(join(tree, 'etc/fstab'), '');
  for (const path of ['etc/hostname', 'var/lib/dbus/machine-id', 'etc/resolv.conf']) {
    await rm(join(tree, path), { force: true });
  }
  const keys = (await readdir(join(tree, 'etc/ssh'))).filter(name => name.startsWith('ssh_host_'));
  for (const key of keys) await rm(join(tree, 'etc/ssh', key));
  for (const unit of maskedUnits) await link('/dev/null', join(tree, 'etc/systemd/system', unit));
  await link('/lib/systemd/system/multi-user.target', join(tree, 'etc/systemd/system/default.target'));
  await run('systemctl', [`--root=${tree}`, 'enable', 'coldstart-early', 'systemd-networkd'], {
    doing: 'enable the units of the base image',
  });
  // Fetched just now, they would look fresh to whoever asks for their age, however old the image is.
  await utimes(join(tree, 'var/lib/apt/lists'), 0, 0);
}

async function link(target: string, path: string): Promise<void> {
  await rm(path, { force: true });
  await symlink(target, path);
}

/** The hosts take packages from the computer's own mirrors, over plain http because the lab's proxy passes it on. */
function sourcesList({ mirrors, suite }: BaseImageOptions): string {
  const sources = sourcesOf(mirrors, suite).map(source => source.replace(/^https:/, 'http:'));
  return sources.map(source => `deb ${source}\n`).join('');
}

/** The release, its updates and its security updates, each as URL, suite and component. */
function sourcesOf({ main, security }: DebianMirrors, suite: string): string[] {
  const sources = [`${main} ${suite} main`, `${main} ${suite}-updates main`];
  return security ? [...sources, `${security} ${suite}-security main`] : sources;
}

function overlayDir(): string {
  return join(assetsDir(), 'base');
}

/** Raised whenever an image is made in another way. */
const SHAPE = 2;

async function fingerprint(options: BaseImageOptions): Promise<string> {
  const hash = createHash('sha256').update(
    JSON.stringify([SHAPE, packagesOfBase, maskedUnits, sourcesList(options)]),
  );
  const entries = await readdir(overlayDir(), { recursive: true, withFileTypes: true });
  const files = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name));
  for (const file of files.sort()) hash.update(relative(overlayDir(), file)).update(await readFile(file));
  return hash.digest('hex').slice(0, 12);
}
