import type { ClusterConfig } from '../config/schema.ts';
import { mirroredUrl } from '../mirror/address.ts';
import { flannelManifest, packageSources } from '../mirror/needs.ts';
import { initDocuments, joinDocument } from './kubeadm-config.ts';
import { kubernetesFacts } from './kubernetes-version.ts';

/** What is known only while running. */
export interface RunFacts {
  /** Where the playbooks write the admin kubeconfig on this computer. */
  kubeconfigPath?: string | undefined;
  /** Inventory name of the first control plane. */
  firstControlPlane?: string | undefined;
  /** Names and addresses of the API server beyond those of the configuration. */
  certSANs?: readonly string[] | undefined;
}

/** The variables of the inventory group `all`, as ansible/roles/settings takes them. What is not chosen keeps the roles' default. */
export function playbookVariables(config: ClusterConfig, run: RunFacts = {}): Record<string, unknown> {
  return {
    cluster_name: config.name,
    ...packageVariables(config),
    ...runtimeVariables(config),
    ...kubeadmVariables(config, run.certSANs ?? []),
    dns_servers: config.dns.servers,
    ntp_servers: config.ntp.servers,
    network_plugin: config.network.plugin,
    pod_subnet: config.kubernetes.podSubnet,
    service_subnet: config.kubernetes.serviceSubnet,
    control_plane_endpoint: config.kubernetes.endpoint ?? '',
    authorized_keys: config.ssh.authorizedKeys,
    ...networkManifest(config),
    ...(run.kubeconfigPath !== undefined && { kubeconfig_path: run.kubeconfigPath }),
    ...(run.firstControlPlane !== undefined && { first_control_plane: run.firstControlPlane }),
  };
}

function networkManifest(config: ClusterConfig): Record<string, unknown> {
  const manifest = config.network.manifest ?? (config.mirror.url === undefined ? undefined : flannelManifest);
  if (manifest === undefined) return {};
  return { network_manifest: manifest.includes('://') ? throughMirror(config, manifest) : manifest };
}

function packageVariables(config: ClusterConfig): Record<string, unknown> {
  const { kubernetes, packages, mirror } = config;
  const { packageRepository } = kubernetesFacts(kubernetes.version);
  const repository = packages.kubernetes.repository ?? packageRepository;
  const key = packages.kubernetes.key ?? (repository && `${repository}Release.key`);
  return {
    kubernetes_version: kubernetes.version,
    ...(repository !== undefined && { kubernetes_repository: throughMirror(config, repository) }),
    ...(key !== undefined && { kubernetes_repository_key: throughMirror(config, key) }),
    ...(packages.criDockerd !== undefined && { cri_dockerd_package: packages.criDockerd }),
    // The mirror is on the machines' own network.
    apt_proxy: mirror.url === undefined ? (packages.proxy ?? '') : '',
    ...(mirror.url !== undefined && { apt_mirror: mirror.url, apt_mirror_sources: aptLines(config) }),
  };
}

/** Sources in apt's one-line form. Signed by the distribution, and never too old: the mirror stands still. */
function aptLines(config: ClusterConfig): string[] {
  const [architecture = 'amd64'] = config.mirror.architectures;
  return (packageSources(config, architecture) ?? []).map(({ url, suite, components, keyring }) => {
    const options = `signed-by=${keyring} check-valid-until=no by-hash=no lang=none`;
    return `deb [${options}] ${throughMirror(config, url)} ${suite} ${components.join(' ')}`;
  });
}

function runtimeVariables(config: ClusterConfig): Record<string, unknown> {
  const { kubernetes, containerd, images } = config;
  return {
    container_runtime: kubernetes.runtime,
    containerd_options: containerd.options,
    image_mirrors: imageMirrors(config),
    image_repository: images.repository ?? '',
  };
}

/** With a mirror, every registry is there; those that had another mirror until now are named, so that it is forgotten. */
function imageMirrors({ images, mirror }: ClusterConfig): { registry: string; endpoint: string }[] {
  const { url } = mirror;
  if (url === undefined)
    return Object.entries(images.mirrors).map(([registry, endpoint]) => ({ registry, endpoint }));
  return ['_default', ...Object.keys(images.mirrors)].map(registry => ({ registry, endpoint: url }));
}

function throughMirror({ mirror }: ClusterConfig, url: string): string {
  return mirror.url === undefined ? url : mirroredUrl(mirror.url, url);
}

function kubeadmVariables(config: ClusterConfig, certSANs: readonly string[]): Record<string, unknown> {
  const { kubeadm } = config.kubernetes;
  return {
    kubeadm_init_documents: initDocuments(config, certSANs),
    kubeadm_join_document: joinDocument(config),
    kubeadm_ignore_preflight_errors: kubeadm.ignorePreflightErrors,
    kubeadm_patches: kubeadm.patches,
    api_server_extra_sans: [...new Set([...config.kubernetes.certSANs, ...certSANs])],
  };
}
