import { isPlainMap, mergeDeep } from '../config/merge.ts';
import type { ClusterConfig } from '../config/schema.ts';
import { type KubeadmApi, kubernetesFacts } from './kubernetes-version.ts';

/** One document of a kubeadm configuration file. */
export interface KubeadmDocument {
  apiVersion: string;
  kind: string;
  [field: string]: unknown;
}

/** How long kubeadm waits for slow machines; its own 4 minutes are short for old disks. */
const patience = '10m0s';

/**
 * The documents for `kubeadm init`: InitConfiguration, ClusterConfiguration, KubeletConfiguration and
 * KubeProxyConfiguration, in the newest shape that the configured version reads. What differs from machine to machine
 * (name, address), tokens and the exact kubernetesVersion are not in them.
 * Shapes: https://kubernetes.io/docs/reference/config-api/kubeadm-config.v1beta4/
 */
export function initDocuments(config: ClusterConfig, certSANs: readonly string[] = []): KubeadmDocument[] {
  const { kubeadm } = config.kubernetes;
  const { kubeadmApi } = kubernetesFacts(config.kubernetes.version);
  return [
    laidOver(initConfiguration(config, kubeadmApi), kubeadm.initConfiguration, kubeadmApi),
    laidOver(clusterConfiguration(config, kubeadmApi, certSANs), kubeadm.clusterConfiguration, kubeadmApi),
    laidOver(kubeletConfiguration, kubeadm.kubeletConfiguration, kubeadmApi),
    laidOver(kubeProxyConfiguration, kubeadm.kubeProxyConfiguration, kubeadmApi),
  ];
}

/** The JoinConfiguration of every other machine, without token, CA pin, endpoint and the control-plane part. */
export function joinDocument(config: ClusterConfig): KubeadmDocument {
  const { kubeadmApi } = kubernetesFacts(config.kubernetes.version);
  const join = {
    ...header(kubeadmApi, 'JoinConfiguration'),
    nodeRegistration: nodeRegistration(config, kubeadmApi),
    ...(kubeadmApi === 'v1beta4' ? { timeouts } : { discovery: { timeout: patience } }),
  };
  return laidOver(join, config.kubernetes.kubeadm.joinConfiguration, kubeadmApi);
}

const timeouts = {
  controlPlaneComponentHealthCheck: patience,
  discovery: patience,
  kubeletHealthCheck: patience,
  tlsBootstrap: patience,
} as const;

const kubeletConfiguration: KubeadmDocument = {
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  cgroupDriver: 'systemd',
};

const kubeProxyConfiguration: KubeadmDocument = {
  apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
  kind: 'KubeProxyConfiguration',
};

function initConfiguration(config: ClusterConfig, api: KubeadmApi): KubeadmDocument {
  const { skipPhases } = config.kubernetes.kubeadm;
  return {
    ...header(api, 'InitConfiguration'),
    nodeRegistration: nodeRegistration(config, api),
    ...(api !== 'v1beta2' && skipPhases.length > 0 && { skipPhases }),
    ...(api === 'v1beta4' && { timeouts }),
  };
}

function clusterConfiguration(
  config: ClusterConfig,
  api: KubeadmApi,
  extraNames: readonly string[],
): KubeadmDocument {
  const { endpoint, podSubnet, serviceSubnet, dnsDomain } = config.kubernetes;
  const certSANs = [...new Set([...config.kubernetes.certSANs, ...extraNames])];
  const apiServer = {
    ...(certSANs.length > 0 && { certSANs }),
    ...(api !== 'v1beta4' && { timeoutForControlPlane: patience }),
  };
  return {
    ...header(api, 'ClusterConfiguration'),
    clusterName: config.name,
    ...(endpoint !== undefined && { controlPlaneEndpoint: endpoint }),
    ...(config.images.repository !== undefined && { imageRepository: config.images.repository }),
    networking: { podSubnet, serviceSubnet, dnsDomain },
    ...(Object.keys(apiServer).length > 0 && { apiServer }),
  };
}

function nodeRegistration({ kubernetes }: ClusterConfig, api: KubeadmApi): Record<string, unknown> {
  const criSocket = kubernetesFacts(kubernetes.version).criSocket(kubernetes.runtime);
  return {
    ...(criSocket !== undefined && { criSocket }),
    ...(api === 'v1beta4' && { imagePullSerial: false }),
  };
}

function header(api: KubeadmApi, kind: string): KubeadmDocument {
  return { apiVersion: `kubeadm.k8s.io/${api}`, kind };
}

/** The user's settings on top of ours. The header stays ours. */
function laidOver(ours: KubeadmDocument, users: Record<string, unknown>, api: KubeadmApi): KubeadmDocument {
  const merged = mergeDeep(ours, withArgumentShape(users, api)) as KubeadmDocument;
  return { ...merged, apiVersion: ours.apiVersion, kind: ours.kind };
}

const argumentKeys = new Set(['extraArgs', 'kubeletExtraArgs']);

/** Users may write arguments as a map or as a list of {name, value}; each API version takes only one of the two. */
function withArgumentShape(value: unknown, api: KubeadmApi): unknown {
  if (!isPlainMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      if (!argumentKeys.has(key)) return [key, withArgumentShape(child, api)];
      return [key, api === 'v1beta4' ? argumentList(child) : argumentMap(child)];
    }),
  );
}

function argumentList(args: unknown): unknown {
  if (!isPlainMap(args)) return args;
  return Object.entries(args).map(([name, value]) => ({ name, value: String(value) }));
}

function argumentMap(args: unknown): unknown {
  if (isPlainMap(args))
    return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, String(value)]));
  if (!Array.isArray(args)) return args;
  return Object.fromEntries(args.filter(isPlainMap).map(({ name, value }) => [String(name), String(value)]));
}
