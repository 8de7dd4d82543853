import type { Hono } from 'hono';
import type { Clock } from '../../core/clock.ts';
import type { SystemId } from '../../core/ids.ts';
import type { MachineStatus } from '../../maas/status.ts';
import type { MachineDriver } from '../machines/driver.ts';

/** A machine that the lab's region starts with, already commissioned: it is Ready. */
export interface FleetMachine {
  hostname: string;
  mac: string;
  tags: readonly string[];
  zone?: string;
  pool?: string;
  cpuCount: number;
  memoryMib: number;
  diskBytes: number;
  /** `virsh` when missing; a `manual` one cannot be switched. */
  powerType?: string;
  /** `amd64/generic` when missing. */
  architecture?: string;
  /** A random one when missing. */
  systemId?: string;
}

/** The one network that machines get their addresses from. */
export interface RegionSubnet {
  /** `10.77.0.0/24` */
  cidr: string;
  gatewayIp: string | null;
  dnsServers: readonly string[];
  /** First and last address that machines may get, both included. */
  rangeStart: string;
  rangeEnd: string;
}

export interface RegionOptions {
  /** Folder of the region's state, made with mode 0700 when missing. */
  stateDir: string;
  driver: MachineDriver;
  /** Used only when there is no state yet. */
  fleet: readonly FleetMachine[];
  subnet: RegionSubnet;
  /** URL of `/MAAS/metadata` as machines see it, such as `http://10.77.0.1:5240/MAAS/metadata`. */
  metadataBase: string;
  clock?: Clock;
  /** How many times faster than real the region's own waits pass (node_timeout, the release limit); limits stay above five seconds. */
  timeScale?: number;
  /** The MAAS version to speak as: `3.4.10` when missing. */
  version?: string;
  /** What a real region spends; nothing when missing. */
  cost?: { perMachineListMs: number };
}

/** Sees every request before the region does, and may answer in its place, alter the answer or delay it. */
export type Interceptor = (request: Request, proceed: () => Promise<Response>) => Promise<Response>;

/** What cloud-init has said about the deployed system since its deployment began. */
export interface CloudInitReport {
  /** Stages that have finished with their result: `modules-final` → `SUCCESS`. */
  finished: Readonly<Record<string, string>>;
  /** The last thing heard, such as `modules-config/config-ssh: running`. */
  last: string | null;
}

/** What a region tells the lab of a machine. */
export interface KnownMachine {
  id: SystemId;
  hostname: string;
  mac: string;
  status: MachineStatus;
}

export interface Region {
  /** The HTTP application, also for tests: `region.app.request('/MAAS/api/version/')`. */
  app: Hono;
  /** API key of the user `admin`, in three parts with colons. */
  apiKey: string;
  /** API key of another user; `joe` is an ordinary one. */
  apiKeyOf(user: string): string | undefined;
  addMachines(machines: readonly FleetMachine[]): SystemId[];
  /** What cloud-init of this machine has reported; undefined for an unknown machine. */
  cloudInitReport(id: SystemId): CloudInitReport | undefined;
  /** Every machine there is now, by its number. */
  machines(): KnownMachine[];
  /** Answers a request as if no interceptor were there. */
  ask(request: Request): Promise<Response>;
  /** Puts an interceptor around all that are there; the answer takes it away again. */
  intercept(interceptor: Interceptor): () => void;
  /** Writes the state and stops the driver; machines that are on stay on. */
  close(): Promise<void>;
}
