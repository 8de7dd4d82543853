import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { machinesWithCgroups, removeParentCgroups } from '../../system/cgroups.ts';
import { unplug } from '../../system/machine-link.ts';
import { hostDir, unmountRoot } from './disk.ts';
import { cutPower } from './nspawn.ts';

/**
 * Ends every host of this lab and removes what runs of it: processes, mounts, cgroups, links. Works from what is
 * there, so it also clears up after a lab that was killed. The disks stay, and can be booted again.
 */
export async function destroyHosts(stateDir: string): Promise<void> {
  const ours = await readdir(join(stateDir, 'hosts')).catch(() => []);
  await Promise.all(ours.map(id => destroyHost(stateDir, id)));
  if ((await machinesWithCgroups()).length === 0) await removeParentCgroups();
}

async function destroyHost(stateDir: string, id: string): Promise<void> {
  const dir = hostDir(stateDir, id);
  await cutPower(id, dir);
  await unplug(id);
  await unmountRoot(dir);
}
