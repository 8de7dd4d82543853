import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys } from '../plan/facts.ts';
import { writeAtomically } from '../state/atomic.ts';
import { fingerprint } from './identity.ts';

/**
 * The known_hosts file of a cluster. Machines are listed by MAAS system id (`HostKeyAlias`), not by address: an address
 * moves from one machine to another, an identity does not.
 */
function knownHostsFile(clusterDir: string): string {
  return path.join(clusterDir, 'ssh', 'known_hosts');
}

/**
 * Where ssh finds the identity of a machine. Without an alias it was not deployed by coldstart, or not from here, and
 * the operator's own known_hosts decides.
 */
export function hostIdentity(
  clusterDir: string,
  { id, annotations }: Pick<Machine, 'id' | 'annotations'>,
): { knownHostsFile: string; hostKeyAlias: string | undefined } {
  const file = path.join(clusterDir, 'ssh', 'hosts', `${id}.pub`);
  const given =
    existsSync(file) && fingerprint(readFileSync(file, 'utf8')) === annotations[annotationKeys.identity];
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
