import { type WantedAddon, wantedAddons } from '../addons/wanted.ts';
import { kubernetesFacts } from '../cluster/kubernetes-version.ts';
import type { ClusterConfig } from '../config/schema.ts';
import { type AptSource, distributionSources } from './apt/source.ts';
import { fullImageName } from './store/image-name.ts';

/** What a cluster needs from outside, as far as its settings say. */
export interface MirrorNeeds {
  /** `1.36` or `1.36.2` */
  kubernetesVersion: string;
  architectures: readonly string[];
  /** For apt: `NAME` or `NAME=PATTERN`. */
  packages: readonly string[];
  /** Flat repository with Kubernetes' own packages, and its key. */
  kubernetes: { repository: string; key: string };
  /** By architecture; undefined where nobody knows the operating system. */
  sources(architecture: string): AptSource[] | undefined;
  /** Where kubeadm takes its images from instead of upstream's registry. */
  imageRepository: string | undefined;
  images: readonly Named[];
  /** Add-ons that are charts, those in folders of this computer too. */
  charts: readonly WantedAddon[];
  /** URLs and paths. */
  manifests: readonly Named[];
  /** What cannot be known before something was fetched, or at all; sentences. */
  unknown: readonly string[];
}

export interface Named {
  name: string;
  /** Who needs it. */
  for: string;
}

/** What the settings alone say. Pure. */
export function mirrorNeeds(config: ClusterConfig): MirrorNeeds {
  const { kubernetes, packages, images, mirror, network } = config;
  const repository =
    packages.kubernetes.repository ?? kubernetesFacts(kubernetes.version).packageRepository ?? '';
  const addons = wantedAddons(config);
  return {
    kubernetesVersion: kubernetes.version,
    architectures: mirror.architectures,
    packages: packagesFor(config),
    kubernetes: { repository, key: packages.kubernetes.key ?? `${repository}Release.key` },
    sources: architecture => packageSources(config, architecture),
    imageRepository: images.repository,
    images: [
      { name: fullImageName(config.verify.image), for: 'coldstart verify' },
      ...mirror.images.map(name => ({ name: fullImageName(name), for: 'mirror.images' })),
    ],
    charts: addons.filter(({ source }) => source.kind === 'chart'),
    manifests: [
      ...(network.plugin === 'flannel'
        ? [{ name: network.manifest ?? flannelManifest, for: 'network.plugin flannel' }]
        : []),
      ...addons.flatMap(({ name: addon, source }) =>
        source.kind === 'manifests' ? source.from.map(name => ({ name, for: `add-on ${addon}` })) : [],
      ),
    ],
    unknown: unknownOf(config),
  };
}

/** The sources of the operating system's packages: those of the settings, else those of the image. */
export function packageSources(
  { mirror, os }: Pick<ClusterConfig, 'mirror' | 'os'>,
  architecture: string,
): AptSource[] | undefined {
  if (mirror.sources !== undefined) return mirror.sources;
  return os.image === undefined ? undefined : distributionSources(os.image, architecture);
}

/** The default of the role `settings`, where cluster.yaml has none. */
export const flannelManifest =
  'https://github.com/flannel-io/flannel/releases/latest/download/kube-flannel.yml';

/** As the roles kubernetes_packages and network install them. */
function packagesFor({ kubernetes, network }: ClusterConfig): string[] {
  const pattern = kubernetes.version.split('.').length === 2 ? '.*' : '-*';
  return [
    ...['kubeadm', 'kubelet', 'kubectl'].map(name => `${name}=${kubernetes.version}${pattern}`),
    'containerd',
    'conntrack',
    'ebtables',
    'ethtool',
    'iproute2',
    'iptables',
    'socat',
    ...(network.plugin === 'builtin' ? ['containernetworking-plugins'] : []),
  ];
}

function unknownOf({ os, mirror }: ClusterConfig): string[] {
  if (mirror.sources !== undefined) return [];
  const [architecture = 'amd64'] = mirror.architectures;
  if (os.image === undefined)
    return ['the operating system: set os.image, or mirror.sources, to have its packages mirrored'];
  if (distributionSources(os.image, architecture) !== undefined) return [];
  return [`where packages for ${os.image} come from: set mirror.sources`];
}
