import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { openSite } from '../compose.ts';
import { exampleClusterYaml } from '../config/write-example.ts';
import { ColdstartError } from '../core/errors.ts';
import { type AppContext, note } from './context.ts';
import type { SiteFlags } from './flags.ts';

export interface InitFlags extends SiteFlags {
  force: boolean;
}

export async function init(this: AppContext, flags: InitFlags): Promise<void> {
  const file = path.resolve(this.cwd, flags.config ?? 'cluster.yaml');
  // The file that is to be written is not read: it may be the one with the mistake.
  const site = await openSite({ env: this.env, cwd: path.parse(this.cwd).root, lab: flags.lab });
  try {
    const { client } = site;
    const [tags, images, subnets, list] = await Promise.all([
      client.tags(),
      client.bootResources(),
      client.subnets(),
      client.listByTags([site.config.machines.controlPlane.tag, site.config.machines.workers.tag]),
    ]);
    const text = exampleClusterYaml({
      url: client.url,
      name: site.config.name,
      kubernetesVersion: site.config.kubernetes.version,
      images: [...new Set(images.map(({ name }) => name))],
      tags: tags.map(({ name }) => ({
        name,
        machineCount: list.machines.filter(machine => machine.tags.includes(name)).length,
      })),
      pools: [...new Set(list.machines.map(({ pool }) => pool))],
      zones: [...new Set(list.machines.map(({ zone }) => zone))],
      subnets: subnets.map(({ cidr }) => cidr),
    });
    await write(file, text, flags.force);
    note(this, `Wrote ${file}. Read it, then: coldstart plan`);
  } finally {
    site.close();
  }
}

async function write(file: string, text: string, force: boolean): Promise<void> {
  try {
    await writeFile(file, text, { flag: force ? 'w' : 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new ColdstartError('USAGE', `${file} exists`, { hint: 'give --force to replace it' });
  }
}
