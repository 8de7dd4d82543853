import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** `unified` is cgroup v2 alone; `hybrid` has v1 controllers beside an empty v2; `legacy` v1 alone. */
export type CgroupLayout = 'unified' | 'hybrid' | 'legacy';

export interface CgroupHierarchy {
  /** Where it is mounted. */
  mountPoint: string;
  version: 1 | 2;
  /** v1: names of its controllers, `name=systemd` included. Empty for v2. */
  controllers: readonly string[];
}

/** Every cgroup hierarchy that is mounted, each once. */
export async function readCgroupHierarchies(): Promise<CgroupHierarchy[]> {
  return parseMountInfo(await readFile('/proc/self/mountinfo', 'utf8'));
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html */
export function parseMountInfo(text: string): CgroupHierarchy[] {
  const found = new Map<string, CgroupHierarchy>();
  for (const line of text.split('\n')) {
    const [before = '', after = ''] = line.split(' - ');
    const [, , device = '', , mountPoint = ''] = before.split(' ');
    const [type = '', , options = ''] = after.split(' ');
    if ((type !== 'cgroup' && type !== 'cgroup2') || found.has(device)) continue;
    const controllers = type === 'cgroup2' ? [] : options.split(',').filter(option => option !== 'rw');
    found.set(device, { mountPoint, version: type === 'cgroup2' ? 2 : 1, controllers });
  }
  return [...found.values()];
}

/** Undefined when there is no cgroup at all. */
export function layoutOf(hierarchies: readonly CgroupHierarchy[]): CgroupLayout | undefined {
  const hasV1 = hierarchies.some(h => h.version === 1 && h.controllers.some(c => !c.startsWith('name=')));
  const hasV2 = hierarchies.some(h => h.version === 2);
  if (hasV1) return hasV2 ? 'hybrid' : 'legacy';
  return hasV2 ? 'unified' : undefined;
}

/** Parent of the machines' cgroups in every hierarchy. */
const PARENT = 'coldstart';

/**
 * In cgroup v1, a group counts for as much processor time as one process beside it, which has 1024. All machines of a lab
 * together are to count for more than that on a busy computer.
 */
const LAB_SHARES = '16384';

/** Makes a cgroup for one machine in every hierarchy and returns their folders. What is there already stays. */
export async function createMachineCgroups(id: string): Promise<string[]> {
  const folders: string[] = [];
  for (const hierarchy of await readCgroupHierarchies()) {
    const parent = join(hierarchy.mountPoint, PARENT);
    const folder = join(parent, id);
    await mkdir(folder, { recursive: true });
    if (hierarchy.controllers.includes('cpuset')) await inheritCpuset(hierarchy.mountPoint, [parent, folder]);
    if (hierarchy.controllers.includes('cpu')) await writeFile(join(parent, 'cpu.shares'), LAB_SHARES);
    if (hierarchy.version === 2) await delegateControllers([hierarchy.mountPoint, parent]);
    folders.push(folder);
  }
  return folders;
}

// A new v1 cpuset has no processors and no memory, and takes no process before it has.
async function inheritCpuset(root: string, folders: readonly string[]): Promise<void> {
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    const value = await readFile(join(root, file), 'utf8');
    for (const folder of folders) await writeFile(join(folder, file), value);
  }
}

async function delegateControllers(folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    const available = (await readFile(join(folder, 'cgroup.controllers'), 'utf8'))
      .split(/\s+/)
      .filter(Boolean);
    const enabled = await readFile(join(folder, 'cgroup.subtree_control'), 'utf8');
    const wanted = available.filter(name => !enabled.split(/\s+/).includes(name)).map(name => `+${name}`);
    if (wanted.length > 0) await writeFile(join(folder, 'cgroup.subtree_control'), wanted.join(' '));
  }
}

/** Every process in a machine's cgroups and below, in any hierarchy. */
export async function processesOfMachine(id: string): Promise<Set<number>> {
  const pids = new Set<number>();
  for (const folder of await machineFolders(id)) {
    for (const group of await groupsBelow(folder)) {
      const text = await readFile(join(group, 'cgroup.procs'), 'utf8').catch(() => '');
      for (const pid of text.split('\n').filter(Boolean)) pids.add(Number(pid));
    }
  }
  pids.delete(0);
  return pids;
}

/** Removes a machine's empty cgroups; false while the kernel still holds one of them. */
export async function removeMachineCgroups(id: string): Promise<boolean> {
  let gone = true;
  for (const folder of await machineFolders(id)) {
    for (const group of (await groupsBelow(folder)).reverse()) {
      await rmdir(group).catch(error => {
        if (error.code !== 'ENOENT') gone = false;
      });
    }
  }
  return gone;
}

/** Ids of the machines that have a cgroup. */
export async function machinesWithCgroups(): Promise<string[]> {
  const ids = new Set<string>();
  for (const { mountPoint } of await readCgroupHierarchies()) {
    for (const name of await subfolders(join(mountPoint, PARENT))) ids.add(name);
  }
  return [...ids];
}

/** Removes the parent cgroups, when no machine is left in them. */
export async function removeParentCgroups(): Promise<void> {
  for (const { mountPoint } of await readCgroupHierarchies()) {
    await rmdir(join(mountPoint, PARENT)).catch(() => undefined);
  }
}

async function machineFolders(id: string): Promise<string[]> {
  const hierarchies = await readCgroupHierarchies();
  return hierarchies.map(h => join(h.mountPoint, PARENT, id)).filter(folder => existsSync(folder));
}

/** A cgroup and all below it, parents first. */
async function groupsBelow(folder: string): Promise<string[]> {
  const all = [folder];
  for (const name of await subfolders(folder)) all.push(...(await groupsBelow(join(folder, name))));
  return all;
}

async function subfolders(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name);
}
