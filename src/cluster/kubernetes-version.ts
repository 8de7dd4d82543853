/** A version of Kubernetes, whose major number is always 1. Without a patch it means the newest patch of that minor. */
export interface KubernetesVersion {
  minor: number;
  patch: number | undefined;
}

type ContainerRuntime = 'containerd' | 'docker';
export type KubeadmApi = 'v1beta2' | 'v1beta3' | 'v1beta4';

/** The minor versions that coldstart knows how to install: 1.20 to 1.37. */
export const supportedMinors = { oldest: 20, newest: 37 } as const;

/** What differs between versions of Kubernetes, for one of them. */
export interface KubernetesFacts {
  kubeadmApi: KubeadmApi;
  /** Labels that kubeadm puts on a control-plane node; all of them are there. */
  controlPlaneLabels: readonly string[];
  /** Keys of the NoSchedule taints that kubeadm puts on a control-plane node. */
  controlPlaneTaints: readonly string[];
  /** Registry of the control-plane images when none is configured. */
  imageRegistry: string;
  /** Upstream's flat Debian repository, ending in a slash, or undefined when upstream no longer serves this version. */
  packageRepository: string | undefined;
  /** The container runtime's socket in the spelling that this version's kubeadm wants; undefined: not possible. */
  criSocket(runtime: ContainerRuntime): string | undefined;
}

/** Reads `1.36`, `v1.36.2`, `1.36.2+lab` or `v1.36.0-rc.1`; undefined when the text is something else. */
export function parseKubernetesVersion(text: string): KubernetesVersion | undefined {
  const match = /^v?1\.(\d{1,3})(?:\.(\d{1,4})(?:[-+][0-9A-Za-z.+-]{1,64})?)?$/.exec(text);
  if (match?.[1] === undefined) return undefined;
  return { minor: Number(match[1]), patch: match[2] === undefined ? undefined : Number(match[2]) };
}

/** `1.36`, or `1.36.2` when the patch is known. */
export function formatKubernetesVersion({ minor, patch }: KubernetesVersion): string {
  return patch === undefined ? `1.${minor}` : `1.${minor}.${patch}`;
}

/** Negative when a is older. A version without a patch counts as the newest patch of its minor. */
export function compareKubernetesVersions(a: KubernetesVersion, b: KubernetesVersion): number {
  const newest = Number.MAX_SAFE_INTEGER;
  return a.minor - b.minor || (a.patch ?? newest) - (b.patch ?? newest);
}

/** The facts of a version such as `1.36` or `1.36.2`. Throws a RangeError for text that is not a version. */
export function kubernetesFacts(version: string): KubernetesFacts {
  const parsed = parseKubernetesVersion(version);
  if (parsed === undefined) throw new RangeError(`not a Kubernetes version: ${version}`);
  const { minor } = parsed;
  const kubeadmApi = latest(kubeadmApis, minor);
  const names = latest(controlPlaneNames, minor);
  return {
    kubeadmApi,
    controlPlaneLabels: names.labels.map(roleName),
    controlPlaneTaints: names.taints.map(roleName),
    imageRegistry: latest(imageRegistries, minor),
    packageRepository: packageRepositoryOf(minor),
    criSocket: runtime => criSocketOf(runtime, minor),
  };
}

interface Since<T> {
  /** First minor version for which the row holds, up to the next row. */
  since: number;
  value: T;
  /** Where it is written. */
  source: string;
}

/** The newest kubeadm configuration API that each version reads. */
const kubeadmApis: readonly Since<KubeadmApi>[] = [
  {
    since: 15,
    value: 'v1beta2',
    source: 'https://pkg.go.dev/k8s.io/kubernetes@v1.20.2/cmd/kubeadm/app/apis/kubeadm/v1beta2',
  },
  {
    since: 22,
    value: 'v1beta3',
    source: 'https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta3/',
  },
  {
    since: 31,
    value: 'v1beta4',
    source: 'https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/',
  },
];

const kep2067 =
  'https://github.com/kubernetes/enhancements/tree/master/keps/sig-cluster-lifecycle/kubeadm/2067-rename-master-label-taint';
const controlPlaneNames: readonly Since<{ labels: string[]; taints: string[] }>[] = [
  { since: 15, value: { labels: ['master'], taints: ['master'] }, source: kep2067 },
  { since: 20, value: { labels: ['master', 'control-plane'], taints: ['master'] }, source: kep2067 },
  { since: 24, value: { labels: ['control-plane'], taints: ['master', 'control-plane'] }, source: kep2067 },
  { since: 25, value: { labels: ['control-plane'], taints: ['control-plane'] }, source: kep2067 },
];

const registryMove = 'https://kubernetes.io/blog/2022/11/28/registry-k8s-io-faster-cheaper-ga/';
const imageRegistries: readonly Since<string>[] = [
  { since: 15, value: 'k8s.gcr.io', source: registryMove },
  { since: 25, value: 'registry.k8s.io', source: registryMove },
];

function latest<T>(rows: readonly Since<T>[], minor: number): T {
  const row = rows.findLast(row => row.since <= minor) ?? rows[0];
  if (row === undefined) throw new RangeError('an empty table has no row');
  return row.value;
}

/** Upstream serves 1.24 and later: https://kubernetes.io/blog/2023/08/15/pkgs-k8s-io-introduction/ */
function packageRepositoryOf(minor: number): string | undefined {
  return minor < 24 ? undefined : `https://pkgs.k8s.io/core:/stable:/v1.${minor}/deb/`;
}

function roleName(role: string): string {
  return `node-role.kubernetes.io/${role}`;
}

/**
 * A path up to 1.21, a URL since. Docker only through cri-dockerd, so only from 1.24 on, where the kubelet's own support
 * for Docker is gone: https://kubernetes.io/docs/setup/production-environment/container-runtimes/
 */
function criSocketOf(runtime: ContainerRuntime, minor: number): string | undefined {
  if (runtime === 'docker') return minor < 24 ? undefined : 'unix:///run/cri-dockerd.sock';
  const path = '/run/containerd/containerd.sock';
  return minor < 22 ? path : `unix://${path}`;
}
