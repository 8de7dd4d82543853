import type { ClusterFile } from '../config/schema.ts';
import type { KubernetesRelease } from './kubernetes/release.ts';
import type { KubernetesSupply } from './kubernetes/supply.ts';
import type { LabMirror } from './mirror/mirror.ts';
import type { DebianMirrors } from './system/apt-mirrors.ts';

/** The name that a cluster on the lab has when cluster.yaml gives none. */
export const labClusterName = 'lab';

/** What a cluster on the lab's hosts must be told, because they share one computer and have no way out. */
export function hostsSiteDefaults(
  suite: string,
  mirror: LabMirror,
  supply: KubernetesSupply,
  debian: DebianMirrors,
): ClusterFile {
  const packaged = supply.kind === 'packaged';
  const version = packaged ? supply.release.version : supply.version;
  return {
    name: labClusterName,
    os: { image: `debian/${suite}` },
    ssh: { user: 'debian' },
    kubernetes: {
      version: version.replace(/^v/, ''),
      kubeadm: {
        kubeletConfiguration: sharedDisk,
        // nf_conntrack_max belongs to the whole computer and cannot be set from a host.
        kubeProxyConfiguration: { mode: 'iptables', conntrack: { maxPerCore: 0 } },
        ...(packaged ? mutable(supply.release.settings) : {}),
      },
    },
    packages: {
      proxy: mirror.aptProxyUrl,
      ...(packaged ? { kubernetes: { repository: mirror.repositoryUrl, key: mirror.repositoryKeyUrl } } : {}),
    },
    images: {
      mirrors: Object.fromEntries(
        ['registry.k8s.io', 'k8s.gcr.io', 'docker.io'].map(registry => [registry, mirror.registryUrl]),
      ),
    },
    mirror: {
      architectures: [process.arch === 'arm64' ? 'arm64' : 'amd64'],
      sources: sourcesOf(suite, debian),
    },
    // The hosts may not raise priorities, and the computer may have no AppArmor.
    containerd: { options: { restrict_oom_score_adj: true, disable_apparmor: true } },
  };
}

/** As the hosts themselves have them. */
function sourcesOf(suite: string, { main, security, keyring }: DebianMirrors) {
  const source = { components: ['main'], keyring };
  return [
    { ...source, url: main, suite },
    ...(security === undefined ? [] : [{ ...source, url: security, suite: `${suite}-security` }]),
  ];
}

function mutable({ skipPhases, ignorePreflightErrors }: KubernetesRelease['settings']) {
  return { skipPhases: [...skipPhases], ignorePreflightErrors: [...ignorePreflightErrors] };
}

/** The disk is the computer's: how full it is says nothing about a host, so pods are never evicted for it. */
const sharedDisk = {
  imageGCHighThresholdPercent: 100,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '0%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '0%',
  },
};
