import type { ClusterConfig } from '../config/schema.ts';
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

/** The variables of the inventory group `all`, as the roles under ansible/ take them. */
export function playbookVariables(config: ClusterConfig, run: RunFacts = {}): Record<string, unknown> {
  return {
    cluster_name: config.name,
    ...packageVariables(config),
    ...runtimeVariables(config),
    ...kubeadmVariables(config, run.certSANs ?? []),
    dns_servers: config.dns.servers,
    ntp_servers: config.ntp.servers,
    network_plugin: config.network.plugin,
    network_manifest: config.network.manifest ?? '',
    pod_subnet: config.kubernetes.podSubnet,
    service_subnet: config.kubernetes.serviceSubnet,
    control_plane_endpoint: config.kubernetes.endpoint ?? '',
    authorized_keys: config.ssh.authorizedKeys,
    ...(run.kubeconfigPath !== undefined && { kubeconfig_path: run.kubeconfigPath }),
    ...(run.firstControlPlane !== undefined && { first_control_plane: run.firstControlPlane }),
  };
}

function packageVariables({ kubernetes, packages }: ClusterConfig): Record<string, unknown> {
  const repository =
    packages.kubernetes.repository ?? kubernetesFacts(kubernetes.version).packageRepository ?? '';
  return {
    kubernetes_version: kubernetes.version,
    kubernetes_repository: repository,
    kubernetes_repository_key: packages.kubernetes.key ?? `${repository}Release.key`,
    apt_proxy: packages.proxy ?? '',
  };
}

function runtimeVariables({ kubernetes, containerd, images }: ClusterConfig): Record<string, unknown> {
  return {
    container_runtime: kubernetes.runtime,
    containerd_options: containerd.options,
    image_mirrors: Object.entries(images.mirrors).map(([registry, endpoint]) => ({ registry, endpoint })),
    image_repository: images.repository ?? '',
  };
}

function kubeadmVariables(config: ClusterConfig, certSANs: readonly string[]): Record<string, unknown> {
  const { kubeadm } = config.kubernetes;
  return {
    kubeadm_init_documents: initDocuments(config, certSANs),
    kubeadm_join_document: joinDocument(config),
    kubeadm_ignore_preflight_errors: kubeadm.ignorePreflightErrors,
    kubeadm_skip_phases: kubeadm.skipPhases,
    kubeadm_patches: kubeadm.patches,
    api_server_extra_sans: [...new Set([...config.kubernetes.certSANs, ...certSANs])],
  };
}
