import type { ClusterConfig } from '../config/schema.ts';
import type { Machine } from '../maas/machine.ts';

/** Images of MAAS log in as their distribution's user: https://canonical.com/maas/docs/about-images */
const usersBySystem: Readonly<Record<string, string>> = { debian: 'debian', ubuntu: 'ubuntu' };

/** The user that logs in to a machine: the one of cluster.yaml, or the one of what is deployed there. */
export function sshUser(
  { ssh, os }: Pick<ClusterConfig, 'ssh' | 'os'>,
  machine: Pick<Machine, 'os'>,
): string {
  const system = machine.os?.system ?? os.image?.split('/')[0] ?? '';
  return ssh.user ?? usersBySystem[system] ?? 'ubuntu';
}
