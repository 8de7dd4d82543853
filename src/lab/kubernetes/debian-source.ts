import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import type { DebianMirrors } from '../system/apt-mirrors.ts';
import { run } from '../system/run.ts';
import type { KubernetesContext } from './release.ts';

/** Debian 12 is the last release that carries the source of Kubernetes' servers. */
const SUITE = 'bookworm';

/**
 * Lays Kubernetes' source from Debian's source package at its place in a GOPATH and returns that place.
 * What is there already is kept, so that an interrupted build goes on.
 */
export async function fetchKubernetesSource(workDir: string, context: KubernetesContext): Promise<string> {
  const tree = join(workDir, 'gopath/src/k8s.io/kubernetes');
  if (existsSync(tree)) return tree;
  context.progress('fetching the source of Kubernetes');
  const scratch = join(workDir, 'source.tmp');
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch, { recursive: true });
  const env = { APT_CONFIG: await privateAptConfig(join(workDir, 'apt'), context.mirrors, SUITE) };
  const options = { cwd: scratch, env, signal: context.signal };
  await run('apt-get', ['update', '-q'], { ...options, doing: 'read the package lists of Debian' });
  const get = ['source', '--download-only', '-q', 'kubernetes'];
  await run('apt-get', get, { ...options, doing: "fetch Debian's source package of Kubernetes" });
  await run('apt-get', ['download', '-q', REFLECT2], { ...options, doing: `fetch ${REFLECT2}` });
  await unpack(scratch, options);
  await mkdir(join(workDir, 'gopath/src/k8s.io'), { recursive: true });
  await rename(join(scratch, 'tree'), tree);
  await rm(scratch, { recursive: true, force: true });
  return tree;
}

const REFLECT2 = 'golang-github-modern-go-reflect2-dev';

async function unpack(scratch: string, options: { signal: AbortSignal | undefined }): Promise<void> {
  const files = await readdir(scratch);
  const dsc = files.find(name => name.endsWith('.dsc'));
  const deb = files.find(name => name.startsWith(REFLECT2) && name.endsWith('.deb'));
  if (!dsc || !deb) throw new ColdstartError('LAB_FAILED', 'the source of Kubernetes did not arrive');
  const tree = join(scratch, 'tree');
  const doing = 'unpack the source of Kubernetes';
  await run('dpkg-source', ['--no-check', '-x', join(scratch, dsc), tree], {
    ...options,
    cwd: scratch,
    doing,
  });
  await replaceReflect2(tree, join(scratch, deb), join(scratch, 'reflect2'));
}

// The vendored 1.0.1 crashes on Go 1.18 and later as soon as JSON with a map is encoded; 1.0.2 drops in.
async function replaceReflect2(tree: string, deb: string, scratch: string): Promise<void> {
  await run('dpkg-deb', ['-x', deb, scratch], { doing: `unpack ${REFLECT2}` });
  const vendored = join(tree, 'vendor/github.com/modern-go/reflect2');
  await rm(vendored, { recursive: true, force: true });
  await cp(join(scratch, 'usr/share/gocode/src/github.com/modern-go/reflect2'), vendored, {
    recursive: true,
  });
}

/** Writes an apt configuration that touches nothing of the computer's own, and returns its path. */
async function privateAptConfig(dir: string, mirrors: DebianMirrors, suite: string): Promise<string> {
  await mkdir(join(dir, 'lists/partial'), { recursive: true });
  await mkdir(join(dir, 'cache/archives/partial'), { recursive: true });
  const source = `[signed-by=${mirrors.keyring}] ${mirrors.main} ${suite} main`;
  await writeFile(join(dir, 'sources.list'), `deb ${source}\ndeb-src ${source}\n`);
  const lines = [
    `Dir::Etc::sourcelist "${dir}/sources.list";`,
    'Dir::Etc::sourceparts "-";',
    `Dir::State::lists "${dir}/lists";`,
    `Dir::Cache "${dir}/cache";`,
    // The files are fetched as root into a folder that the user _apt cannot write to.
    'APT::Sandbox::User "root";',
    'Acquire::Languages "none";',
    'Acquire::Retries "3";',
  ];
  const path = join(dir, 'apt.conf');
  const text = `${lines.join('\n')}\n`;
  if (!existsSync(path) || (await readFile(path, 'utf8')) !== text) await writeFile(path, text);
  return path;
}
