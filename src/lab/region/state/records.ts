import type { SystemId } from '../../../core/ids.ts';
import type { MachineStatus } from '../../../maas/status.ts';
import type { EraseKind, PowerState } from '../../machines/driver.ts';

/** What the region keeps. Every record is plain JSON; the views turn it into what the API shows. */
export interface UserRecord {
  username: string;
  email: string;
  isSuperuser: boolean;
  /** Users of MAAS itself, which nobody logs in as. */
  isSystem?: true;
  sshKeys: { id: number; key: string }[];
}

export interface TokenRecord {
  consumerKey: string;
  tokenKey: string;
  tokenSecret: string;
  name: string;
  /** The user it belongs to, or the machine. */
  user: string | null;
  machine: SystemId | null;
}

export interface NicRecord {
  id: number;
  name: string;
  mac: string;
  /** null: no network is known for it, as on a machine that was never commissioned. */
  vlanId: number | null;
  linkId: number | null;
  subnetId: number | null;
}

export interface DiskRecord {
  id: number;
  name: string;
  sizeBytes: number;
  serial: string;
  model: string;
  partitionId: number;
  partitionUuid: string;
  filesystemUuid: string;
}

export interface DeploymentRecord {
  startedAtMs: number;
  /** Whether the driver has said that the installed system is started. */
  installed: boolean;
  finished: Record<string, string>;
  lastReport: string | null;
}

export interface MachineRecord {
  /** The database id: lists are in this order. */
  number: number;
  id: SystemId;
  hostname: string;
  domainId: number;
  description: string;
  status: MachineStatus;
  /** The status before the last move; commissioning, testing and rescue go back to it. */
  statusBefore: MachineStatus;
  owner: string | null;
  agentName: string;
  annotations: Record<string, string>;
  locked: boolean;
  errorDescription: string;
  powerType: string;
  powerParameters: Record<string, string>;
  powerState: PowerState;
  osystem: string;
  distroSeries: string;
  hweKernel: string | null;
  minHweKernel: string;
  /** What its disks are being erased with; missing in no other status than Disk erasing. */
  erasing?: EraseKind | null;
  netboot: boolean;
  ephemeralDeploy: boolean;
  enableHwSync: boolean;
  /** As given to `deploy`: base64, or anything else that is then served as it came. */
  userData: string | null;
  architecture: string;
  cpuCount: number;
  cpuSpeedMhz: number;
  memoryMib: number;
  swapSizeBytes: number | null;
  nics: NicRecord[];
  disks: DiskRecord[];
  zoneId: number;
  poolId: number;
  tags: string[];
  address: string | null;
  /** The address it had last, which it gets again when that is free. */
  lastAddress: string | null;
  addressSinceMs: number;
  commissioningResultId: number | null;
  installationResultId: number | null;
  deployment: DeploymentRecord | null;
  /** When the region gives up on the present status; null without a limit. */
  deadlineMs: number | null;
  createdMs: number;
}

export interface EventRecord {
  id: number;
  level: EventLevel;
  type: string;
  description: string;
  action: string;
  node: SystemId;
  hostname: string;
  username: string;
  createdMs: number;
}
export const eventLevels = { AUDIT: 0, DEBUG: 10, INFO: 20, WARNING: 30, ERROR: 40, CRITICAL: 50 } as const;
export type EventLevel = keyof typeof eventLevels;

export interface TagRecord {
  name: string;
  comment: string;
  definition: string;
  kernelOpts: string;
}
/** A zone, a pool, a space or a fabric: things with a number and a name. */
export interface NamedRecord {
  id: number;
  name: string;
  description: string;
}
export interface DomainRecord {
  id: number;
  name: string;
  authoritative: boolean;
  ttl: number | null;
  isDefault: boolean;
}
export interface VlanRecord {
  id: number;
  vid: number;
  name: string;
  description: string;
  mtu: number;
  dhcpOn: boolean;
  fabricId: number;
  spaceId: number | null;
}
export interface SubnetRecord {
  id: number;
  name: string;
  description: string;
  cidr: string;
  gatewayIp: string | null;
  dnsServers: string[];
  vlanId: number;
}
export interface IpRangeRecord {
  id: number;
  type: 'reserved' | 'dynamic';
  startIp: string;
  endIp: string;
  subnetId: number;
  user: string;
  comment: string;
}
export interface DeviceRecord {
  id: SystemId;
  hostname: string;
  owner: string;
  description: string;
  domainId: number;
  zoneId: number;
  parent: SystemId | null;
  nics: NicRecord[];
  tags: string[];
  annotations: Record<string, string>;
}
export interface NotificationRecord {
  id: number;
  ident: string | null;
  user: string | null;
  users: boolean;
  admins: boolean;
  message: string;
  context: Record<string, unknown>;
  category: string;
  dismissable: boolean;
  dismissedBy: string[];
}
