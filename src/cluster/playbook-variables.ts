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
    ...(config.network.manifest !== undefined && { network_manifest: config.network.manifest }),
    ...(run.kubeconfigPath !== undefined && { kubeconfig_path: run.kubeconfigPath }),
    ...(run.firstControlPlane !== undefined && { first_control_plane: run.firstControlPlane }),
  };
}

function packageVariables({ kubernetes, packages }: ClusterConfig): Record<string, unknown> {
  const { packageRepository } = kubernetesFacts(kubernetes.version);
  const repository = packages.kubernetes.repository ?? packageRepository;
  const key = packages.kubernetes.key ?? (repository && `${repository}Release.key`);
  return {
    kubernetes_version: kubernetes.version,
    ...(repository !== undefined && { kubernetes_repository: repository }),
    ...(key !== undefined && { kubernetes_repository_key: key }),
    ...(packages.criDockerd !== undefined && { cri_dockerd_package: packages.criDockerd }),
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
    kubeadm_patches: kubeadm.patches,
    api_server_extra_sans: [...new Set([...config.kubernetes.certSANs, ...certSANs])],
  };
}
