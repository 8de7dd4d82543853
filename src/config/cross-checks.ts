import { kubernetesFacts, parseKubernetesVersion } from '../cluster/kubernetes-version.ts';
import { ipv4Overlap } from '../core/ipv4.ts';
import { addonProblems } from './addon-checks.ts';
import { parseIpv4Subnet, subnetContains } from './addresses.ts';
import { isPlainMap } from './merge.ts';
import type { ParsedCluster } from './schema.ts';

/** A rule between settings that is broken. It is shown at the first path. */
export interface CrossProblem {
  /** The settings that it is about, such as `['kubernetes.podSubnet', 'kubernetes.serviceSubnet']`. */
  paths: readonly [string, ...string[]];
  message: string;
}

/** All rules between settings, on settings that are each right on their own. */
export function crossProblems(config: ParsedCluster): CrossProblem[] {
  return [
    ...subnetProblems(config),
    ...tagProblems(config),
    ...circuitProblems(config),
    ...countProblems(config),
    ...versionProblems(config),
    ...runtimeProblems(config),
    ...networkProblems(config),
    ...kubeadmProblems(config),
    ...addonProblems(config),
  ];
}

/**
 * Limits of the API server and the controller manager, as kubeadm checks them:
 * https://github.com/kubernetes/kubernetes/blob/master/cmd/kubeadm/app/apis/kubeadm/validation/validation.go
 */
function subnetProblems({ kubernetes }: ParsedCluster): CrossProblem[] {
  const pods = parseIpv4Subnet(kubernetes.podSubnet);
  const services = parseIpv4Subnet(kubernetes.serviceSubnet);
  if (typeof pods === 'string' || typeof services === 'string') return [];
  const problems: CrossProblem[] = [];
  const podPath = 'kubernetes.podSubnet';
  const servicePath = 'kubernetes.serviceSubnet';
  if (ipv4Overlap(pods, services)) {
    problems.push({
      paths: [podPath, servicePath],
      message: `overlaps ${servicePath} (${kubernetes.serviceSubnet})`,
    });
  }
  if (pods.prefix > 23) {
    problems.push({
      paths: [podPath],
      message: 'is too small: every node takes a /24 of it, so give it a /23 or more',
    });
  }
  if (pods.prefix < 8)
    problems.push({ paths: [podPath], message: 'is too large: a /8 is the largest that works' });
  if (services.prefix < 12 || services.prefix > 28) {
    problems.push({ paths: [servicePath], message: 'must be between a /12 and a /28' });
  }
  const host = kubernetes.endpoint?.replace(/:\d+$/, '') ?? '';
  if (subnetContains(pods, host) || subnetContains(services, host)) {
    problems.push({
      paths: ['kubernetes.endpoint', podPath, servicePath],
      message: 'is inside the network of pods or services',
    });
  }
  return problems;
}

function tagProblems({ machines }: ParsedCluster): CrossProblem[] {
  const { controlPlane, workers, excludeTag } = machines;
  const problems: CrossProblem[] = [];
  if (controlPlane.tag === workers.tag) {
    problems.push({
      paths: ['machines.workers.tag', 'machines.controlPlane.tag'],
      message: `is the tag of the control planes too (${workers.tag}): a machine has one role`,
    });
  }
  if (excludeTag === controlPlane.tag || excludeTag === workers.tag) {
    problems.push({
      paths: ['machines.excludeTag', 'machines.controlPlane.tag', 'machines.workers.tag'],
      message: `is the tag of a role too (${excludeTag}), so no machine of that role could be used`,
    });
  }
  return problems;
}

function countProblems({ machines: { workers } }: ParsedCluster): CrossProblem[] {
  const { count, atLeast } = workers;
  if (count === undefined || atLeast === undefined || atLeast <= count) return [];
  const paths = ['machines.workers.atLeast', 'machines.workers.count'] as const;
  return [{ paths, message: `is more than machines.workers.count (${count})` }];
}

/** A machine hangs on one circuit, once. */
function circuitProblems({ power }: ParsedCluster): CrossProblem[] {
  const first = new Map<string, string>();
  return Object.entries(power.circuits).flatMap(([circuit, { machines }]) =>
    machines.flatMap((name, index): CrossProblem[] => {
      const path = `power.circuits.${circuit}.machines.${index}`;
      const before = first.get(name);
      if (before === undefined) first.set(name, circuit);
      if (before === undefined) return [];
      const where = before === circuit ? 'here' : `on the circuit ${before}`;
      return [{ paths: [path], message: `${name} is ${where} already: a machine hangs on one circuit` }];
    }),
  );
}

function versionProblems({ kubernetes, packages }: ParsedCluster): CrossProblem[] {
  const { version, kubeadm } = kubernetes;
  const minor = parseKubernetesVersion(version)?.minor;
  if (minor === undefined) return [];
  const problems: CrossProblem[] = [];
  const path = 'kubernetes.version';
  if (
    kubernetesFacts(version).packageRepository === undefined &&
    packages.kubernetes.repository === undefined
  ) {
    problems.push({
      paths: [path, 'packages.kubernetes.repository'],
      message: `upstream does not serve packages of ${version} any more: choose 1.24 or later, or set packages.kubernetes.repository`,
    });
  }
  if (minor < 22 && kubeadm.skipPhases.length > 0) {
    problems.push({
      paths: ['kubernetes.kubeadm.skipPhases', path],
      message: `needs Kubernetes 1.22 or later, not ${version}`,
    });
  }
  for (const { prefix, since } of patchTargets) {
    const used = Object.keys(kubeadm.patches).some(file => file.startsWith(prefix));
    if (!used || minor >= since) continue;
    const message = `kubeadm patches ${prefix} from Kubernetes 1.${since} on, not in ${version}`;
    problems.push({ paths: ['kubernetes.kubeadm.patches', path], message });
  }
  if (minor < 31) problems.push(...repeatedArguments(kubeadm, 'kubernetes.kubeadm', version));
  return problems;
}

/** https://kubernetes.io/docs/setup/production-environment/tools/kubeadm/control-plane-flags/#patches */
const patchTargets = [
  { prefix: 'kubeletconfiguration', since: 25 },
  { prefix: 'corednsdeployment', since: 32 },
] as const;

/** Before v1beta4 arguments are a map, which cannot hold one of them twice. */
function repeatedArguments(value: unknown, path: string, version: string): CrossProblem[] {
  if (Array.isArray(value)) {
    const names: unknown[] = value.filter(isPlainMap).map(({ name }) => name);
    const twice = names.find((name, index) => name !== undefined && names.indexOf(name) !== index);
    if (!path.endsWith('xtraArgs') || typeof twice !== 'string') return [];
    return [
      {
        paths: [path, 'kubernetes.version'],
        message: `${twice} twice needs Kubernetes 1.31 or later, not ${version}`,
      },
    ];
  }
  if (!isPlainMap(value)) return [];
  return Object.entries(value).flatMap(([key, child]) => repeatedArguments(child, `${path}.${key}`, version));
}

function runtimeProblems({ kubernetes, containerd, images, mirror }: ParsedCluster): CrossProblem[] {
  const { runtime, version } = kubernetes;
  if (runtime !== 'docker') return [];
  const problems: CrossProblem[] = [];
  const path = 'kubernetes.runtime';
  if (kubernetesFacts(version).criSocket(runtime) === undefined) {
    problems.push({
      paths: [path, 'kubernetes.version'],
      message: `docker needs Kubernetes 1.24 or later, not ${version}`,
    });
  }
  if (Object.keys(containerd.options).length > 0) {
    problems.push({
      paths: ['containerd.options', path],
      message: 'has no effect with the docker runtime: remove one of them',
    });
  }
  if (mirror.url !== undefined) {
    problems.push({
      paths: ['mirror.url', path],
      message: 'docker can mirror docker.io only: use containerd with a mirror',
    });
  }
  if (Object.keys(images.mirrors).some(registry => registry !== 'docker.io')) {
    problems.push({
      paths: ['images.mirrors', path],
      message: 'docker can mirror docker.io only: use containerd for others',
    });
  }
  return problems;
}

function networkProblems({ network }: ParsedCluster): CrossProblem[] {
  if (network.manifest === undefined || network.plugin === 'flannel') return [];
  return [
    {
      paths: ['network.manifest', 'network.plugin'],
      message: `has no effect with the plugin ${network.plugin}: remove it, or set network.plugin to flannel`,
    },
  ];
}

/** Settings of kubeadm that have a word of their own here, or that would be unsafe or wrong for more than one machine. */
const reservedForKubeadm: readonly {
  section: keyof ParsedCluster['kubernetes']['kubeadm'];
  path: string;
  instead: string;
}[] = [
  { section: 'clusterConfiguration', path: 'apiVersion', instead: 'it follows from kubernetes.version' },
  { section: 'clusterConfiguration', path: 'kind', instead: 'it is fixed' },
  { section: 'clusterConfiguration', path: 'clusterName', instead: 'set name' },
  { section: 'clusterConfiguration', path: 'kubernetesVersion', instead: 'set kubernetes.version' },
  { section: 'clusterConfiguration', path: 'controlPlaneEndpoint', instead: 'set kubernetes.endpoint' },
  { section: 'clusterConfiguration', path: 'imageRepository', instead: 'set images.repository' },
  { section: 'clusterConfiguration', path: 'networking.podSubnet', instead: 'set kubernetes.podSubnet' },
  {
    section: 'clusterConfiguration',
    path: 'networking.serviceSubnet',
    instead: 'set kubernetes.serviceSubnet',
  },
  { section: 'clusterConfiguration', path: 'networking.dnsDomain', instead: 'set kubernetes.dnsDomain' },
  { section: 'initConfiguration', path: 'apiVersion', instead: 'it follows from kubernetes.version' },
  { section: 'initConfiguration', path: 'kind', instead: 'it is fixed' },
  {
    section: 'initConfiguration',
    path: 'bootstrapTokens',
    instead: 'a token is made for each run, and expires',
  },
  { section: 'initConfiguration', path: 'certificateKey', instead: 'a key is made for each run' },
  {
    section: 'initConfiguration',
    path: 'localAPIEndpoint.advertiseAddress',
    instead: 'it is the address of each machine',
  },
  { section: 'initConfiguration', path: 'nodeRegistration.name', instead: 'it is the name of each machine' },
  { section: 'initConfiguration', path: 'nodeRegistration.criSocket', instead: 'set kubernetes.runtime' },
  { section: 'initConfiguration', path: 'patches', instead: 'set kubernetes.kubeadm.patches' },
  { section: 'initConfiguration', path: 'skipPhases', instead: 'set kubernetes.kubeadm.skipPhases' },
  { section: 'joinConfiguration', path: 'apiVersion', instead: 'it follows from kubernetes.version' },
  { section: 'joinConfiguration', path: 'kind', instead: 'it is fixed' },
  {
    section: 'joinConfiguration',
    path: 'discovery',
    instead: "token and CA are each run's own, and the CA is always checked",
  },
  {
    section: 'joinConfiguration',
    path: 'controlPlane',
    instead: 'roles follow from the tags of the machines',
  },
  { section: 'joinConfiguration', path: 'nodeRegistration.name', instead: 'it is the name of each machine' },
  { section: 'joinConfiguration', path: 'nodeRegistration.criSocket', instead: 'set kubernetes.runtime' },
  { section: 'joinConfiguration', path: 'patches', instead: 'set kubernetes.kubeadm.patches' },
  { section: 'kubeletConfiguration', path: 'apiVersion', instead: 'it is fixed' },
  { section: 'kubeletConfiguration', path: 'kind', instead: 'it is fixed' },
  { section: 'kubeProxyConfiguration', path: 'apiVersion', instead: 'it is fixed' },
  { section: 'kubeProxyConfiguration', path: 'kind', instead: 'it is fixed' },
];

function kubeadmProblems({ kubernetes }: ParsedCluster): CrossProblem[] {
  return reservedForKubeadm
    .filter(({ section, path }) => hasPath(kubernetes.kubeadm[section], path.split('.')))
    .map(({ section, path, instead }) => ({
      paths: [`kubernetes.kubeadm.${section}.${path}`],
      message: `cannot be set here: ${instead}`,
    }));
}

function hasPath(value: unknown, [first, ...rest]: readonly string[]): boolean {
  if (first === undefined) return true;
  return isPlainMap(value) && Object.hasOwn(value, first) && hasPath(value[first], rest);
}
