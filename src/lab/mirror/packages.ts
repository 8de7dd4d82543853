import {
  chmod,
  constants,
  copyFile,
  cp,
  mkdir,
  readdir,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KubernetesRelease } from '../kubernetes/release.ts';
import { assetsDir } from '../system/assets.ts';
import { run } from '../system/run.ts';

/** One Debian package: its fields and how its files are laid. */
interface PackagePlan {
  name: string;
  depends: readonly string[];
  description: string;
  lay(tree: PackageTree): Promise<void>;
}

/** Version of the packages of a release, as upstream numbers its own: `1.20.2-1.1`. */
export function packageVersionOf(version: string): string {
  return `${version.replace(/^v/, '')}-1.1`;
}

/** Packs a release as the Debian packages that upstream has, with the same names and files. */
export async function packRelease(
  dir: string,
  release: KubernetesRelease,
  signal?: AbortSignal,
): Promise<void> {
  await mkdir(dir, { recursive: true });
  const version = packageVersionOf(release.version);
  const architecture = await run('dpkg', ['--print-architecture'], { signal });
  for (const plan of plansOf(release)) {
    const file = join(dir, `${plan.name}_${version}_${architecture}.deb`);
    const tree = new PackageTree(`${file}.tree`);
    await plan.lay(tree);
    await tree.control(plan, version, architecture);
    // Not compressed: it only ever travels inside this computer.
    const args = ['--root-owner-group', '-Znone', '--build', tree.root, `${file}.tmp`];
    await run('dpkg-deb', args, { signal, doing: `make the package ${plan.name}` });
    await rename(`${file}.tmp`, file);
    await rm(tree.root, { recursive: true });
  }
}

function plansOf({ binaries, cniPluginsDir }: KubernetesRelease): PackagePlan[] {
  const assets = join(assetsDir(), 'packages');
  const units = '/usr/lib/systemd/system';
  return [
    {
      name: 'kubeadm',
      depends: ['cri-tools'],
      description: 'Command-line tool that makes and upgrades a Kubernetes cluster',
      async lay(tree) {
        await tree.program(binaries.kubeadm, '/usr/bin/kubeadm');
        await tree.file(join(assets, '10-kubeadm.conf'), `${units}/kubelet.service.d/10-kubeadm.conf`, 0o644);
      },
    },
    {
      name: 'kubelet',
      depends: KUBELET_NEEDS,
      description: 'Agent that runs on every node of a Kubernetes cluster',
      async lay(tree) {
        await tree.program(binaries.kubelet, '/usr/bin/kubelet');
        await tree.file(join(assets, 'kubelet.service'), `${units}/kubelet.service`, 0o644);
        await tree.file(join(assets, 'kubelet.postinst'), '/DEBIAN/postinst', 0o755);
        await tree.folder('/etc/kubernetes/manifests');
      },
    },
    {
      name: 'kubectl',
      depends: [],
      description: 'Command-line tool of Kubernetes',
      lay: tree => tree.program(binaries.kubectl, '/usr/bin/kubectl'),
    },
    {
      name: 'cri-tools',
      depends: [],
      description: binaries.crictl ? 'Command-line tools of container runtimes' : 'Stand-in for crictl',
      lay: tree => tree.file(binaries.crictl ?? join(assetsDir(), 'crictl'), '/usr/bin/crictl', 0o755),
    },
    {
      name: 'kubernetes-cni',
      depends: cniPluginsDir ? [] : ['containernetworking-plugins'],
      description: 'Network plugins of Kubernetes',
      lay: tree =>
        cniPluginsDir
          ? tree.copyFolder(cniPluginsDir, '/opt/cni/bin')
          : tree.links(debianCni, '/opt/cni/bin'),
    },
  ];
}

// As upstream's kubelet package has them.
const KUBELET_NEEDS = [
  'conntrack',
  'ebtables',
  'ethtool',
  'iproute2',
  'iptables',
  'kubernetes-cni',
  'mount',
  'socat',
  'util-linux',
];

/** Plugins of Debian's containernetworking-plugins, in /usr/lib/cni. */
const debianCni = [
  'bandwidth',
  'bridge',
  'dhcp',
  'firewall',
  'host-device',
  'host-local',
  'ipvlan',
  'loopback',
  'macvlan',
  'portmap',
  'ptp',
  'sbr',
  'static',
  'tuning',
  'vlan',
  'vrf',
].map(name => `/usr/lib/cni/${name}`);

/** The files of a package, in the making. */
class PackageTree {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  /** A copy, also where a link would do: tar ends with an error when another lab links what it reads. */
  async program(source: string, path: string): Promise<void> {
    await copyFile(source, await this.#make(path), constants.COPYFILE_FICLONE);
  }

  async file(source: string, path: string, mode: number): Promise<void> {
    const target = await this.#make(path);
    await copyFile(source, target);
    await chmod(target, mode);
  }

  async folder(path: string): Promise<void> {
    await mkdir(join(this.root, path), { recursive: true });
  }

  async copyFolder(source: string, path: string): Promise<void> {
    await cp(source, join(this.root, path), { recursive: true });
    for (const name of await readdir(source)) await chmod(join(this.root, path, name), 0o755);
  }

  async links(targets: readonly string[], folder: string): Promise<void> {
    await this.folder(folder);
    for (const target of targets) await symlink(target, join(this.root, folder, target.replace(/.*\//, '')));
  }

  async control(plan: PackagePlan, version: string, architecture: string): Promise<void> {
    const fields = [
      `Package: ${plan.name}`,
      `Version: ${version}`,
      `Architecture: ${architecture}`,
      'Maintainer: coldstart lab <coldstart@localhost>',
      ...(plan.depends.length > 0 ? [`Depends: ${plan.depends.join(', ')}`] : []),
      'Section: misc',
      'Priority: optional',
      `Description: ${plan.description}`,
    ];
    await writeFile(await this.#make('/DEBIAN/control'), `${fields.join('\n')}\n`);
  }

  async #make(path: string): Promise<string> {
    const target = join(this.root, path);
    await mkdir(dirname(target), { recursive: true });
    await rm(target, { force: true });
    return target;
  }
}
