import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { run, succeeds } from './run.ts';

/** `images` is for making images that were not carried in; `build` only where Kubernetes must be built from source. */
export type PackagePurpose = 'hosts' | 'mirror' | 'images' | 'build';

export interface SystemPackage {
  name: string;
  purpose: PackagePurpose;
  /** What it is for, as a clause. */
  why: string;
  /** A file that shows that it is installed; a bare name is looked for in PATH, since people install it in other ways too. */
  file: string;
}

const packages: readonly SystemPackage[] = [
  { name: 'systemd-container', purpose: 'hosts', why: 'runs the hosts', file: '/usr/bin/systemd-nspawn' },
  { name: 'mmdebstrap', purpose: 'hosts', why: 'makes their operating system', file: '/usr/bin/mmdebstrap' },
  {
    name: 'dnsmasq-base',
    purpose: 'hosts',
    why: 'gives them addresses and names',
    file: '/usr/sbin/dnsmasq',
  },
  { name: 'iproute2', purpose: 'hosts', why: 'connects them', file: '/usr/sbin/ip' },
  { name: 'nftables', purpose: 'hosts', why: 'keeps their traffic inside', file: '/usr/sbin/nft' },
  { name: 'openssh-client', purpose: 'hosts', why: 'reaches them', file: 'ssh' },
  { name: 'ansible-core', purpose: 'hosts', why: 'prepares them', file: 'ansible-playbook' },
  {
    name: 'apt-utils',
    purpose: 'mirror',
    why: 'makes the package repository',
    file: '/usr/bin/apt-ftparchive',
  },
  { name: 'gpg', purpose: 'mirror', why: 'signs the package repository', file: '/usr/bin/gpg' },
  { name: 'gpg-agent', purpose: 'mirror', why: 'makes the key for it', file: '/usr/bin/gpg-agent' },
  { name: 'golang-go', purpose: 'build', why: 'compiles Kubernetes', file: '/usr/bin/go' },
  {
    name: 'dpkg-dev',
    purpose: 'build',
    why: 'unpacks the source of Kubernetes',
    file: '/usr/bin/dpkg-source',
  },
  { name: 'gcc', purpose: 'images', why: 'compiles the pause program', file: '/usr/bin/gcc' },
  {
    name: 'libc6-dev',
    purpose: 'images',
    why: 'is linked into the pause program',
    file: '/usr/include/stdio.h',
  },
];

/** The packages that are needed for these purposes and are not installed. */
export function missingPackages(purposes: readonly PackagePurpose[]): SystemPackage[] {
  return packages.filter(p => purposes.includes(p.purpose) && !isThere(p.file));
}

function isThere(file: string): boolean {
  if (isAbsolute(file)) return existsSync(file);
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  return folders.some(folder => existsSync(join(folder, file)));
}

export interface InstallOptions {
  signal?: AbortSignal | undefined;
  progress?: (text: string) => void;
}

/**
 * Installs Debian packages on this computer without asking anything. Whether that may be done is for the caller
 * to settle before.
 * @throws ColdstartError LAB_FAILED with apt's last words
 */
export async function installPackages(names: readonly string[], options: InstallOptions = {}): Promise<void> {
  const { signal, progress } = options;
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  progress?.('reading the package lists');
  await run('apt-get', ['update', '-q', LOCK], { signal, env, doing: 'read the package lists' });
  progress?.(`installing ${names.join(', ')}`);
  const args = ['install', '-y', '-q', '--no-install-recommends', LOCK, ...names];
  await run('apt-get', args, { signal, env, doing: `install ${names.join(', ')}` });
}

// Another apt may be at work, as on a computer that has just been started.
const LOCK = '-oDPkg::Lock::Timeout=300';

/** True on a computer with Debian's package tools. */
export function hasApt(): Promise<boolean> {
  return succeeds('apt-get', ['--version']);
}
