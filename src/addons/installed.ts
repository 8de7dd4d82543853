/** Which object of Kubernetes, without its content. */
export interface ObjectRef {
  apiVersion: string;
  kind: string;
  /** Means nothing for objects that are in no namespace. */
  namespace: string;
  name: string;
}

/** What was noted in the cluster about an add-on, and what Helm says of it. */
export interface InstalledAddon {
  name: string;
  kind: 'chart' | 'manifests';
  version: string;
  namespace: string;
  /** Hash of everything it was made of; empty while it is being installed. */
  fingerprint: string;
  /** What was applied beside the chart; all of it for manifests. */
  objects: ObjectRef[];
  /** Add-ons that it was installed after. */
  needs: string[];
  losesData?: string;
  /** Helm has it as deployed. Always true for manifests. */
  deployed: boolean;
}
