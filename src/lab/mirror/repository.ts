import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesRelease } from '../kubernetes/release.ts';
import { run } from '../system/run.ts';
import { packRelease } from './packages.ts';

/**
 * Makes the signed package repository of a release, laid out like upstream's, and returns its folder. It is made
 * anew only when the release changed; the key stays the same for the life of the lab.
 */
export async function publishRepository(
  dir: string,
  release: KubernetesRelease,
  signal?: AbortSignal,
): Promise<string> {
  const repository = join(dir, `repository-${await fingerprint(release)}`);
  if (existsSync(repository)) return repository;
  const draft = join(dir, 'repository.tmp');
  await rm(draft, { recursive: true, force: true });
  await packRelease(draft, release, signal);
  await index(draft, signal);
  await sign(draft, join(dir, 'signing-key.asc'), signal);
  await rename(draft, repository);
  return repository;
}

async function index(dir: string, signal: AbortSignal | undefined): Promise<void> {
  const options = { cwd: dir, signal, doing: 'index the package repository of the lab' };
  await writeFile(join(dir, 'Packages'), `${await run('apt-ftparchive', ['packages', '.'], options)}\n`);
  const names = ['Origin', 'Label'].map(field => `-oAPT::FTPArchive::Release::${field}=coldstart`);
  const release = await run('apt-ftparchive', [...names, 'release', '.'], options);
  await writeFile(join(dir, 'Release'), `${release}\n`);
}

// In a home of its own: the person's keyring is not touched, and the path is short enough for the agent's socket.
async function sign(dir: string, keyFile: string, signal: AbortSignal | undefined): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'coldstart-gpg-'));
  const options = { env: { GNUPGHOME: home }, signal, doing: 'sign the package repository of the lab' };
  const gpg = (...args: string[]) =>
    run('gpg', ['--batch', '--yes', '--quiet', '--pinentry-mode', 'loopback', ...args], options);
  try {
    if (existsSync(keyFile)) await gpg('--import', keyFile);
    else await makeKey(gpg, keyFile);
    await gpg('--clearsign', '--output', join(dir, 'InRelease'), join(dir, 'Release'));
    await gpg('--armor', '--export', '--output', join(dir, 'Release.key'));
  } finally {
    // The agent that gpg starts would live on.
    await run('gpgconf', ['--kill', 'all'], { env: { GNUPGHOME: home } }).catch(() => undefined);
    await rm(home, { recursive: true, force: true });
  }
}

async function makeKey(gpg: (...args: string[]) => Promise<string>, keyFile: string): Promise<void> {
  await gpg('--passphrase', '', '--quick-gen-key', 'coldstart lab', 'ed25519', 'sign', 'never');
  await writeFile(`${keyFile}.tmp`, await gpg('--armor', '--export-secret-keys'), { mode: 0o600 });
  await rename(`${keyFile}.tmp`, keyFile);
}

/** Changes with the programs of a release, and with the shape of the packages. */
async function fingerprint(release: KubernetesRelease): Promise<string> {
  const paths = [...Object.values(release.binaries), release.cniPluginsDir].filter(
    path => path !== undefined,
  );
  const seen = await Promise.all(
    paths.map(async (path: string) => {
      const { size, mtimeMs } = await stat(path);
      return [path, size, mtimeMs];
    }),
  );
  const text = JSON.stringify([release.version, seen, SHAPE]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Raised whenever packages are laid out in another way. */
const SHAPE = 1;

export async function prepareMirrorDir(stateDir: string): Promise<string> {
  const dir = join(stateDir, 'mirror');
  // The signing key is in it.
  await mkdir(dir, { recursive: true, mode: 0o700 });
  return dir;
}
