import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run, succeeds } from '../../system/run.ts';

/** Folder of one host: its disk, its log, and what runs of it now. */
export function hostDir(stateDir: string, id: string): string {
  return join(stateDir, 'hosts', id);
}

/** Where the root file system of a running host is mounted. */
export function rootOf(dir: string): string {
  return join(dir, 'root');
}

/**
 * Folders that must not be on an overlay, because something in them is an upper layer of overlays itself
 * or is synced often. On the host, the path; on this computer, the folder of that name.
 */
export const volumes = {
  containerd: '/var/lib/containerd',
  docker: '/var/lib/docker',
  etcd: '/var/lib/etcd',
  kubelet: '/var/lib/kubelet',
} as const;

export function volumeDir(dir: string, name: keyof typeof volumes): string {
  return join(dir, 'disk', 'volumes', name);
}

/** True when an operating system was laid on the host's disk to the end. */
export function hasDisk(dir: string): boolean {
  return existsSync(join(dir, 'disk'));
}

/** A fresh disk on a base image, not yet in place: `commitDisk` puts it there. */
export async function layDisk(dir: string, baseImage: string): Promise<void> {
  const draft = join(dir, 'disk.tmp');
  await removeTree(draft);
  await mkdir(join(draft, 'upper'), { recursive: true });
  await mkdir(join(draft, 'work'));
  for (const name of Object.keys(volumes)) await mkdir(join(draft, 'volumes', name), { recursive: true });
  // etcd refuses a data folder that others can read.
  await chmod(join(draft, 'volumes', 'etcd'), 0o700);
  await writeFile(join(draft, 'base'), baseImage);
  await removeTree(join(dir, 'disk'));
  await rename(draft, join(dir, 'disk'));
}

/** Removes what was installed. The host must be off. */
export async function wipeDisk(dir: string): Promise<void> {
  await unmountRoot(dir);
  await removeTree(join(dir, 'disk'));
  await removeTree(join(dir, 'disk.tmp'));
}

/** Mounts the root file system and returns its folder. */
export async function mountRoot(dir: string): Promise<string> {
  await unmountRoot(dir);
  const disk = join(dir, 'disk');
  const root = rootOf(dir);
  await mkdir(root, { recursive: true });
  const base = (await readFile(join(disk, 'base'), 'utf8')).trim();
  // After a crash of this computer the kernel refuses a disk that was not synced. For a lab it is good enough.
  await rm(join(disk, 'work/work/incompat'), { recursive: true, force: true });
  const layers = `lowerdir=${base},upperdir=${join(disk, 'upper')},workdir=${join(disk, 'work')}`;
  const mount = (options: string) => ['-t', 'overlay', 'coldstart', '-o', options, root];
  if (await succeeds('mount', mount(`${layers},volatile`))) return root;
  await run('mount', mount(layers), { doing: 'mount the root file system of a host' });
  return root;
}

export async function unmountRoot(dir: string): Promise<void> {
  const root = rootOf(dir);
  for (const point of await mountPointsBelow(root))
    await run('umount', ['-l', point], { doing: `unmount ${point}` });
}

/** Mount points at a folder and below it, deepest first. */
async function mountPointsBelow(folder: string): Promise<string[]> {
  const text = await readFile('/proc/self/mountinfo', 'utf8');
  const points = text.split('\n').map(line => line.split(' ')[4] ?? '');
  return points.filter(point => point === folder || point.startsWith(`${folder}/`)).reverse();
}

/** Never crosses into a mounted file system. */
async function removeTree(path: string): Promise<void> {
  if (existsSync(path)) await run('rm', ['-rf', '--one-file-system', path], { doing: `remove ${path}` });
}
