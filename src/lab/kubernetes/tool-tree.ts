import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readlink, realpath, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { run } from '../system/run.ts';
import type { ImageTree } from './image-archive.ts';
import type { KubernetesContext } from './release.ts';

/** Debian's programs that images need, unpacked and not installed. */
const PACKAGES = ['busybox-static', 'conntrack', 'etcd-client', 'etcd-server', 'iptables', 'netbase'];

/** Programs of a Debian release, to be taken into images with the libraries that they need. */
export class ToolTree {
  readonly dir: string;

  constructor(dir: string) {
    this.dir = dir;
  }

  /** Copies a file to the same path in an image, and every library it is linked to. */
  async copy(path: string, image: ImageTree): Promise<void> {
    await image.file(await this.#resolve(path), path);
    for (const library of await this.#librariesOf(path))
      await image.file(await this.#resolve(library), library);
  }

  /** Copies a folder of libraries; links in it stay links. */
  async copyFolder(folder: string, image: ImageTree): Promise<void> {
    for (const entry of await readdir(join(this.dir, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isSymbolicLink()) await image.link(await readlink(join(this.dir, path)), path);
      else if (entry.isFile()) await this.copy(path, image);
    }
  }

  /** What a program prints. */
  run(program: string, ...args: string[]): Promise<string> {
    return run('chroot', [this.dir, program, ...args]);
  }

  // Links in the tree are absolute as its own programs see them.
  async #resolve(path: string): Promise<string> {
    return join(this.dir, await this.run('/bin/busybox', 'readlink', '-f', path));
  }

  async #librariesOf(path: string): Promise<string[]> {
    // It fails for a program that is linked statically, which needs none.
    const list = await run('chroot', [this.dir, await this.#loader(), '--list', path]).catch(() => '');
    return [...list.matchAll(/(\/\S+) \(0x/g)].map(match => match[1] ?? '');
  }

  async #loader(): Promise<string> {
    const known = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1'];
    const found = known.find(path => existsSync(join(this.dir, path)));
    if (!found)
      throw new ColdstartError('LAB_UNSUPPORTED', 'images cannot be made for this kind of processor');
    return found;
  }
}

/** Unpacks the tools of a Debian release, once. */
export async function prepareToolTree(suite: string, context: KubernetesContext): Promise<ToolTree> {
  const { cacheDir, mirrors, signal } = context;
  const contents = createHash('sha256').update(PACKAGES.join()).digest('hex').slice(0, 8);
  const dir = join(cacheDir, 'tools', `${suite}-${contents}`);
  if (!existsSync(dir)) {
    context.progress(`fetching the tools of images from Debian ${suite}`);
    await mkdir(join(cacheDir, 'tools'), { recursive: true });
    const draft = `${dir}.tmp`;
    await run('rm', ['-rf', '--one-file-system', draft]);
    const args = [
      '--mode=root',
      '--variant=extract',
      '--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr',
      `--include=${PACKAGES.join(',')}`,
      ...(mirrors.proxy ? [`--aptopt=Acquire::http::Proxy "${mirrors.proxy}"`] : []),
      suite,
      draft,
      `deb [signed-by=${mirrors.keyring}] ${mirrors.main} ${suite} main`,
    ];
    await run('mmdebstrap', args, { signal, doing: `fetch the tools of images from Debian ${suite}` });
    await rename(draft, dir);
  }
  return new ToolTree(await realpath(dir));
}
