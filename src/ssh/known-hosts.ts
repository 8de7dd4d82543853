import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { SystemId } from '../core/ids.ts';
import { writeAtomically } from '../state/atomic.ts';

/**
 * The known_hosts file of a cluster. Machines are listed by MAAS system id (`HostKeyAlias`), not by address: an address
 * moves from one machine to another, an identity does not.
 */
function knownHostsFile(clusterDir: string): string {
  return path.join(clusterDir, 'ssh', 'known_hosts');
}

/** Where ssh finds the identity of a machine; without an alias coldstart did not deploy it, and cannot know it. */
export function hostIdentity(
  clusterDir: string,
  id: SystemId,
): { knownHostsFile: string; hostKeyAlias: string | undefined } {
  const given = existsSync(path.join(clusterDir, 'ssh', 'hosts', `${id}.pub`));
  return { knownHostsFile: knownHostsFile(clusterDir), hostKeyAlias: given ? id : undefined };
}

/** Writes known_hosts from all identities that were made. */
export async function writeKnownHosts(clusterDir: string): Promise<void> {
  const file = knownHostsFile(clusterDir);
  await writeAtomically(file, knownHostsText(path.join(clusterDir, 'ssh', 'hosts')));
}

function knownHostsText(hostsDir: string): string {
  if (!existsSync(hostsDir)) return '';
  const lines = readdirSync(hostsDir)
    .filter(name => name.endsWith('.pub'))
    .map(name => {
      const [type, key] = readFileSync(path.join(hostsDir, name), 'utf8').split(' ');
      return `${name.slice(0, -'.pub'.length)} ${type} ${key}\n`;
    });
  return lines.join('');
}
