import * as z from 'zod';
import type { Dashboard } from './dashboards.ts';

/** A tree of plain JSON: the values of a chart, or an object of Kubernetes. */
export type PlainTree = Record<string, unknown>;

/** An object as it is given to Kubernetes. */
export interface KubernetesObject extends PlainTree {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; [key: string]: unknown };
}

/** What other add-ons, or a site, can count on when an add-on is there. */
export type Capability =
  | 'pod-network'
  | 'default-storage-class'
  | 'load-balancer'
  | 'gateway-api'
  | 'gateway'
  | 'certificates'
  | 'monitoring';

export const capabilities = [
  'pod-network',
  'default-storage-class',
  'load-balancer',
  'gateway-api',
  'gateway',
  'certificates',
  'monitoring',
] as const satisfies readonly Capability[];

/** A chart in a repository, in a registry, or in a folder or archive of this computer. */
export type ChartSource =
  | { repository: string; name: string; version: string }
  | { oci: string; version: string /** For a mirror without TLS. */; plainHttp?: boolean }
  | { path: string };

/** Where an add-on comes from: a Helm chart, or manifests (URLs, absolute paths) in a pinned version. */
export type AddonSource =
  | { kind: 'chart'; chart: ChartSource }
  | { kind: 'manifests'; version: string; from: readonly string[] };

export interface AddonNeeds {
  /** Versions of Kubernetes, inclusive minor versions such as `1.27`. */
  kubernetes?: { from?: string; to?: string };
  /** Add-ons of the catalogue or of the file that must be wanted too; this one starts when they are ready. */
  addons?: readonly string[];
  /** What some other wanted add-on must provide; this one starts when that is ready. */
  capabilities?: readonly Capability[];
  /** The oldest Linux of the nodes, and what needs it: words that follow "for". */
  kernel?: KernelNeed;
}

export interface KernelNeed {
  /** `5.10` */
  from: string;
  for: string;
}

/**
 * A condition beyond the workloads of the chart or manifests: every Deployment, DaemonSet, StatefulSet and Job that an
 * add-on brings is waited for without being named here, and so is every CustomResourceDefinition.
 */
export type ReadyCondition =
  | {
      kind: 'rollout';
      workload: 'Deployment' | 'DaemonSet' | 'StatefulSet';
      name: string;
      /** The add-on's when missing. */
      namespace?: string;
    }
  | { kind: 'established'; crd: string }
  | { kind: 'default-storage-class' }
  | {
      kind: 'condition';
      apiVersion: string;
      /** `Gateway`, `APIService` and the like. */
      of: string;
      name: string;
      namespace?: string;
      /** The `type` in `status.conditions` that must be True. */
      type: string;
    };

/** What is known about the cluster when values are made. Never a secret. */
export interface AddonCluster {
  name: string;
  /** `1.36` or `1.36.2` */
  kubernetesVersion: string;
  podSubnet: string;
  serviceSubnet: string;
  dnsDomain: string;
  /** `HOST:PORT` in front of several control planes. */
  endpoint?: string;
  networkPlugin: 'builtin' | 'flannel' | 'none';
  /** Of the cluster's own machines, from MAAS. Empty until MAAS was asked, for an add-on with a `bmcSetting`. */
  bmcAddresses: readonly string[];
  /** Whether an add-on of that name is wanted. */
  wants(addon: string): boolean;
  /** Whether some wanted add-on provides it. */
  provides(capability: Capability): boolean;
  /** The settings of another wanted add-on of the catalogue, defaults in; undefined when it is not wanted. */
  settingsOf(addon: string): Readonly<PlainTree> | undefined;
}

/** Addresses of the machines' network that an add-on takes for itself. */
export interface AddressClaim {
  /** The setting below the add-on, such as `addresses.0`. */
  setting: string;
  /** `192.168.10.200-192.168.10.220`, `192.168.10.208/28` or one address. */
  addresses: string;
}

/** One add-on of the catalogue. A new one is one file that exports such an object, and its line in catalogue/index.ts. */
export interface AddonDefinition<S extends z.ZodObject> {
  /** The key below `addons:` in cluster.yaml, and the name of the Helm release: a DNS label. */
  name: string;
  /** A few words for tables and documents. */
  title: string;
  source: AddonSource;
  /** Which version of the chart's documented values, or of the manifests, was read, and where: the nearest to hand. */
  checked: { version: string; at: string };
  namespace: string;
  /** Labels of the namespace, such as those of Pod Security. */
  namespaceLabels?: Readonly<Record<string, string>>;
  /** `z.strictObject({…})`. Every setting has a default or is optional, unless nobody can guess it; all have `.describe()`. */
  settings: S;
  /** The chart's values. */
  values?(settings: z.output<S>, cluster: AddonCluster): PlainTree;
  /** Objects that are applied after the chart or the manifests are there: address pools, storage classes, routes. */
  objects?(settings: z.output<S>, cluster: AddonCluster): KubernetesObject[];
  needs?: AddonNeeds;
  /** What it needs beyond that with these settings, among these add-ons. */
  alsoNeeds?(settings: z.output<S>, cluster: AddonCluster): Pick<AddonNeeds, 'addons' | 'capabilities'>;
  provides?(settings: z.output<S>): readonly Capability[];
  /** Addresses that it gives out by itself. MAAS must give out none of them: it is asked before the add-on is changed. */
  givesOut?(settings: z.output<S>): readonly AddressClaim[];
  /**
   * The setting that names BMCs, when the file leaves it out: MAAS is asked for their addresses before the add-on is
   * changed, and `objects` is made with them.
   */
  bmcSetting?(settings: z.output<S>): string | undefined;
  /** What is wrong between these settings and the cluster, as sentences that continue "addons.NAME: …". */
  problems?(settings: z.output<S>, cluster: AddonCluster): string[];
  ready?(settings: z.output<S>, cluster: AddonCluster): ReadyCondition[];
  /** The pages that a person opens in a browser, for `coldstart open`. */
  dashboards?(settings: z.output<S>, cluster: AddonCluster): Dashboard[];
  /** What else to tell the user when everything is there. */
  afterwards?(settings: z.output<S>, cluster: AddonCluster): string[];
  /** What is lost with it, as a sentence; a person is asked before it is removed. */
  losesData?: string;
}

/** A definition whose settings' type is not looked at any more. */
export type Addon = AddonDefinition<z.ZodObject>;

/** Checks the types of one definition, and forgets the type of its settings. */
export function defineAddon<S extends z.ZodObject>(definition: AddonDefinition<S>): Addon {
  return definition;
}
