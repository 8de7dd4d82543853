import { existsSync } from 'node:fs';
import { mkdir, readFile, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { assetsDir } from '../system/assets.ts';
import { run } from '../system/run.ts';
import { type ImageConfig, type ImageTree, writeImageArchive } from './image-archive.ts';
import type { KubernetesContext } from './release.ts';
import type { ToolTree } from './tool-tree.ts';

/** What images are made of. */
export interface ImageParts {
  /** Paths of the programs of Kubernetes, of `pause` and of `cluster-dns`, as far as they are needed. */
  programs: Readonly<Record<string, string>>;
  tools: ToolTree;
  /** True when kubeadm gives etcd the flags of 3.6 and etcd is older. */
  oldEtcd: boolean;
}

type Maker = (tree: ImageTree, parts: ImageParts, name: string) => Promise<ImageConfig>;

const server: Maker = async (tree, parts, name) => {
  await tree.folder('/tmp', 0o1777);
  await tree.executable(programOf(parts, name), `/usr/local/bin/${name}`);
  return {};
};

const makers: Readonly<Record<string, Maker>> = {
  'kube-apiserver': server,
  'kube-controller-manager': server,
  'kube-scheduler': server,
  'kube-proxy': kubeProxy,
  etcd,
  pause: async (tree, parts) => {
    await tree.executable(programOf(parts, 'pause'), '/pause');
    return { Entrypoint: ['/pause'] };
  },
  coredns: async (tree, parts) => {
    await tree.executable(programOf(parts, 'cluster-dns'), '/coredns');
    return { Entrypoint: ['/coredns'] };
  },
  busybox: async (tree, { tools }) => {
    await addBusybox(tree, tools);
    return { Cmd: ['sh'] };
  },
};

/** Images for pods that people try things with. */
export const TEST_IMAGES = ['docker.io/library/busybox:1.35', 'docker.io/library/busybox:latest'];

/**
 * Makes the archive of an image, unless it is there, and returns its path.
 * @param names what the image is called, such as `k8s.gcr.io/kube-apiserver:v1.20.2`
 */
export async function makeImage(dir: string, names: readonly string[], parts: ImageParts): Promise<string> {
  const name = imageBaseName(names[0] ?? '');
  const maker = makers[name];
  if (!maker) throw new ColdstartError('BUG', `there is no way to make the image ${names[0]}`);
  const file = join(dir, `${name}.tar`);
  if (!existsSync(file)) await writeImageArchive(file, names, tree => maker(tree, parts, name));
  return file;
}

/** `registry.k8s.io/coredns/coredns:v1.14.2` is `coredns`. */
export function imageBaseName(name: string): string {
  return basename(name.replace(/@.*/, '').replace(/:[^/]*$/, ''));
}

/** Compiles the program of the pause image into a folder, unless it is there, and returns its path. */
export async function buildPause(binDir: string, { signal }: KubernetesContext): Promise<string> {
  const target = join(binDir, 'pause');
  if (existsSync(target)) return target;
  await mkdir(binDir, { recursive: true });
  const args = ['-Os', '-static', '-s', '-o', `${target}.tmp`, join(assetsDir(), 'pause.c')];
  await run('gcc', args, { signal, doing: 'build pause' });
  await rename(`${target}.tmp`, target);
  return target;
}

function programOf({ programs }: ImageParts, name: string): string {
  const path = programs[name];
  if (!path) throw new ColdstartError('BUG', `the program ${name} for an image is not there`);
  return path;
}

async function kubeProxy(tree: ImageTree, parts: ImageParts): Promise<ImageConfig> {
  const { tools } = parts;
  await addBusybox(tree, tools);
  await tree.executable(programOf(parts, 'kube-proxy'), '/usr/local/bin/kube-proxy');
  const multi = '/usr/sbin/xtables-nft-multi';
  await tools.copy(multi, tree);
  for (const family of ['iptables', 'ip6tables']) {
    for (const ending of ['', '-save', '-restore']) await tree.link(multi, `/usr/sbin/${family}${ending}`);
  }
  await tools.copy('/usr/sbin/conntrack', tree);
  const triplet = process.arch === 'arm64' ? 'aarch64-linux-gnu' : 'x86_64-linux-gnu';
  await tools.copyFolder(`/usr/lib/${triplet}/xtables`, tree);
  await tree.file(join(tools.dir, 'etc/protocols'), '/etc/protocols', 0o644);
  return {};
}

async function etcd(tree: ImageTree, { tools, oldEtcd }: ImageParts): Promise<ImageConfig> {
  await tree.folder('/tmp', 0o1777);
  await tools.copy('/usr/bin/etcd', tree);
  await tools.copy('/usr/bin/etcdctl', tree);
  await tree.link('/usr/bin/etcd', '/usr/local/bin/etcd');
  return oldEtcd ? addFlagTranslation(tree, tools, '/usr/bin/etcd') : {};
}

/** Puts a program before etcd that translates the flags of 3.6 into older ones. */
export async function addFlagTranslation(
  tree: ImageTree,
  tools: ToolTree,
  etcdPath: string,
): Promise<ImageConfig> {
  const script = await readFile(join(assetsDir(), 'etcd-3.5-flags'), 'utf8');
  await tree.file(join(tools.dir, 'bin/busybox'), '/coldstart/busybox');
  await tree.text(script.replace('exec ETCD', `exec ${etcdPath}`), '/coldstart/bin/etcd', 0o755);
  return { Env: ['PATH=/coldstart/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'] };
}

async function addBusybox(tree: ImageTree, tools: ToolTree): Promise<void> {
  await tree.file(join(tools.dir, 'bin/busybox'), '/bin/busybox');
  const applets = (await tools.run('/bin/busybox', '--list')).split('\n').filter(name => name !== 'busybox');
  for (const applet of applets) await tree.link('/bin/busybox', `/bin/${applet}`);
  await tree.text('root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n', '/etc/passwd');
  await tree.folder('/tmp', 0o1777);
}
