import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { SystemId } from '../core/ids.ts';
import { Secret } from '../core/secret.ts';
import { makeEd25519 } from './ed25519.ts';

export interface KeyPair {
  /** OpenSSH private key, PEM. */
  privateKey: Secret;
  /** `ssh-ed25519 AAAA… comment`, without a line break. */
  publicKey: string;
  /** The file of the private key, mode 0600. */
  file: string;
}

/** The key that coldstart logs in with: made once for a cluster. */
export function clusterKey(clusterDir: string): Promise<KeyPair> {
  return keyPair(clusterKeyFile(clusterDir), 'coldstart');
}

export function clusterKeyFile(clusterDir: string): string {
  return path.join(clusterDir, 'ssh', 'id_ed25519');
}

/**
 * The identity of a machine: made here before it is deployed and put on it by cloud-init, so that it is known before
 * the first contact. Kept for the next deployment of the same machine.
 */
export function hostKey(clusterDir: string, id: SystemId): Promise<KeyPair> {
  return keyPair(path.join(clusterDir, 'ssh', 'hosts', id), id);
}

/** Fingerprint of a public key as OpenSSH shows it: `SHA256:…`. */
export function fingerprint(publicKey: string): string {
  const [, key = ''] = publicKey.split(' ');
  return `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`;
}

const making = new Map<string, Promise<KeyPair>>();

function keyPair(file: string, comment: string): Promise<KeyPair> {
  const pair = making.get(file) ?? makeOrRead(file, comment).finally(() => making.delete(file));
  making.set(file, pair);
  return pair;
}

async function makeOrRead(file: string, comment: string): Promise<KeyPair> {
  return (await read(file)) ?? make(file, comment);
}

async function make(file: string, comment: string): Promise<KeyPair> {
  const { privateKey, publicKey } = makeEd25519(comment);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  // The private half goes first: a pair that was cut off has no public one, and is made again.
  await rm(`${file}.pub`, { force: true });
  await writeFile(file, privateKey, { mode: 0o600 });
  await writeFile(`${file}.pub`, `${publicKey}\n`, { mode: 0o644 });
  return { privateKey: new Secret(privateKey), publicKey, file };
}

async function read(file: string): Promise<KeyPair | undefined> {
  try {
    const [privateKey, publicKey] = await Promise.all([
      readFile(file, 'utf8'),
      readFile(`${file}.pub`, 'utf8'),
    ]);
    // A public half that was cut off, by a full disk, is as good as none.
    if (!publicKey.endsWith('\n')) return undefined;
    return { privateKey: new Secret(privateKey), publicKey: publicKey.trim(), file };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
