import type { DebianMirrors } from '../system/apt-mirrors.ts';

/** Tells a person what is being done now, in a few words: "building kubelet (3 of 7)". */
export type Progress = (text: string) => void;

/** What every source of Kubernetes needs to know. */
export interface KubernetesContext {
  /** Folder for what is kept between runs, such as `~/.cache/coldstart`. */
  cacheDir: string;
  mirrors: DebianMirrors;
  progress: Progress;
  signal?: AbortSignal | undefined;
}

/** One version of Kubernetes with everything that the lab serves of it. */
export interface KubernetesRelease {
  /** Such as `v1.20.2`. */
  version: string;
  /** Paths of the executables. */
  binaries: KubernetesBinaries;
  /** Folder with CNI plugins carried in; without it Debian's plugins are used. */
  cniPluginsDir: string | undefined;
  /** Image archives (docker-archive or OCI layout, gzip or not) that together hold what kubeadm asks for. */
  imageArchives: readonly string[];
  /** What a person should know: images that are missing, stand-ins that take a place. */
  notes: readonly string[];
  settings: SiteSettings;
}

export interface KubernetesBinaries {
  kubeadm: string;
  kubelet: string;
  kubectl: string;
  /** Without it the lab serves a small stand-in. */
  crictl: string | undefined;
}

/** What clusters of this release must be told, because of what the images are. */
export interface SiteSettings {
  /** Phases of `kubeadm init` to leave out, such as `addon/coredns`. */
  skipPhases: readonly string[];
  /** Preflight checks that cannot pass. */
  ignorePreflightErrors: readonly string[];
}

export const noSiteSettings: SiteSettings = { skipPhases: [], ignorePreflightErrors: [] };
