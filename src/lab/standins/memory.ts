import path from 'node:path';
import type { SystemId } from '../../core/ids.ts';
import { keep, readKept } from '../kept.ts';

/** The operating system of a simulated machine: everything that coldstart, ssh and Ansible can find out about it. */
export interface SystemRecord {
  id: SystemId;
  hostname: string;
  mac: string;
  address: string;
  /** The user of the image, which may become root. */
  user: string;
  /** `ssh-ed25519 AAAA…`; undefined where none was given, so that nobody knows it. */
  hostKey: string | undefined;
  authorizedKeys: string[];
  /** cloud-init has come to its end. */
  settled: boolean;
  prepared: boolean;
  /** How often a system was installed on this machine, this one included. */
  installation: number;
  /** Id of the cluster that kubeadm has put it into. */
  cluster: string | undefined;
}

/** What its API server knows of a node. It outlives the machine, as in every Kubernetes. */
export interface NodeRecord {
  name: string;
  uid: string;
  machine: SystemId;
  address: string;
  controlPlane: boolean;
  /** ISO 8601. */
  createdAt: string;
  podCidr: string;
  /** The kubelet reports, and would say Ready if there were a network. */
  started: boolean;
}

export interface ClusterRecord {
  id: string;
  /** `v1.36.2` */
  version: string;
  port: number;
  certificates: ClusterCertificates;
  nodes: Record<string, NodeRecord>;
  /** The pod network is there. */
  network: boolean;
  /** Other objects by path. */
  objects: Record<string, Record<string, unknown>>;
}

/** PEM texts. */
export interface ClusterCertificates {
  ca: string;
  server: { certificate: string; key: string };
  admin: { certificate: string; key: string };
}

interface Content {
  systems: Record<string, SystemRecord>;
  clusters: Record<string, ClusterRecord>;
  installations: Record<SystemId, number>;
}

/** Systems and clusters of a simulated lab, in one file (mode 0600) that is written a moment after a change. */
export interface StandInMemory extends Content {
  changed(): void;
  close(): void;
}

/** How long changes are gathered before they are written. */
const gatherMs = 50;

export function openMemory(stateDir: string): StandInMemory {
  const file = path.join(stateDir, 'stand-ins.json');
  const content = (readKept(file) as Content | undefined) ?? { systems: {}, clusters: {}, installations: {} };
  let timer: NodeJS.Timeout | undefined;
  const write = (): void => {
    clearTimeout(timer);
    timer = undefined;
    keep(file, content);
  };
  return {
    ...content,
    changed: () => void (timer ??= setTimeout(write, gatherMs + Object.keys(content.systems).length / 5)),
    close: write,
  };
}
