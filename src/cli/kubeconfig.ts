import { readFile } from 'node:fs/promises';
import os from 'node:os';
import { renameForCluster } from '../cluster/kubeconfig.ts';
import { kubeconfigPath, mergeIntoFile, removeFromFile } from '../cluster/kubeconfig-file.ts';
import { loadSettings } from '../compose.ts';
import { ColdstartError } from '../core/errors.ts';
import { kubeconfigFile } from '../state/paths.ts';
import { type AppContext, note, print } from './context.ts';
import type { SiteFlags } from './flags.ts';

export interface KubeconfigFlags extends SiteFlags {
  merge: boolean;
  remove: boolean;
}

/** Needs neither MAAS nor Kubernetes: the kubeconfig was fetched by `up`. */
export async function kubeconfig(this: AppContext, flags: KubeconfigFlags): Promise<void> {
  const { loaded } = await loadSettings({ env: this.env, cwd: this.cwd, ...flags });
  const { name } = loaded.config;
  const target = kubeconfigPath(this.env, this.env['HOME'] ?? os.homedir());
  if (flags.remove) {
    const { changed } = await removeFromFile({ path: target, name });
    note(this, changed ? `Took ${name} out of ${target}.` : `${target} has no entries of ${name}.`);
    return;
  }
  const ours = renameForCluster(await read(kubeconfigFile(this.env, name), name), name);
  if (!flags.merge) {
    print(this, ours);
    return;
  }
  const { changed, backup } = await mergeIntoFile({ path: target, ours, name });
  if (!changed) note(this, `${target} has the context ${name} already; nothing was changed.`);
  else note(this, `Merged the context ${name} into ${target}${backup ? ` (backup: ${backup})` : ''}.`);
  note(this, `  kubectl --context ${name} get nodes`);
}

async function read(file: string, name: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new ColdstartError('NO_CLUSTER', `there is no kubeconfig of the cluster ${name} here`, {
      because: `${file} does not exist`,
      hint: 'run coldstart up: it makes the cluster, or fetches the kubeconfig of the one that is there',
      cause,
    });
  }
}
