import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import type { SystemId } from '../core/ids.ts';
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
  const deployedWith = annotations[annotationKeys.identity];
  const given =
    deployedWith !== undefined &&
    existsSync(file) &&
    fingerprint(readFileSync(file, 'utf8')) === deployedWith;
  return { knownHostsFile: knownHostsFile(clusterDir), hostKeyAlias: given ? id : undefined };
}

/** The known_hosts file of a cluster, kept current. */
export interface KnownHosts {
  /** Makes sure that the machine is in it. */
  add(id: SystemId, publicKey: string): Promise<void>;
}

/** Writes known_hosts from all identities that were made; later ones are added at its end. */
export async function openKnownHosts(clusterDir: string): Promise<KnownHosts> {
  const file = knownHostsFile(clusterDir);
  const text = knownHostsText(path.join(clusterDir, 'ssh', 'hosts'));
  await writeAtomically(file, text);
  const lines = new Set(text.split('\n'));
  return {
    async add(id, publicKey) {
      const line = lineOf(id, publicKey);
      if (lines.has(line)) return;
      lines.add(line);
      await appendFile(file, `${line}\n`, { mode: 0o600 });
    },
  };
}

function knownHostsText(hostsDir: string): string {
  if (!existsSync(hostsDir)) return '';
  return readdirSync(hostsDir)
    .filter(name => name.endsWith('.pub'))
    .map(
      name => `${lineOf(name.slice(0, -'.pub'.length), readFileSync(path.join(hostsDir, name), 'utf8'))}\n`,
    )
    .join('');
}

function lineOf(id: string, publicKey: string): string {
  const [type, key] = publicKey.trim().split(' ');
  return `${id} ${type} ${key}`;
}
