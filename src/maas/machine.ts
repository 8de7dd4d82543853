import { ColdstartError } from '../core/errors.ts';
import { type SystemId, systemId } from '../core/ids.ts';
import { bestAddress } from './address.ts';
import { type MachineStatus, statusOfNumber } from './status.ts';
import type { WireMachine } from './wire.ts';

/** A machine as MAAS describes it, in one shape for MAAS 2.9 to 3.7. */
export interface Machine {
  readonly id: SystemId;
  /** Unique in a region; may be changed in MAAS at any time. */
  readonly hostname: string;
  readonly fqdn: string;
  readonly status: MachineStatus | 'unknown';
  readonly statusNumber: number;
  readonly statusName: string;
  /** The newest event of level INFO or above, `''` when there is none. An old one may linger. */
  readonly statusMessage: string;
  /** Why the machine is Broken or failed; `''` before MAAS 3.5. */
  readonly errorDescription: string;
  /** Name of the MAAS user. */
  readonly owner: string | undefined;
  readonly locked: boolean;
  /** `on`, `off`, `unknown` or `error`, as MAAS last saw it: minutes old at worst. */
  readonly powerState: string;
  readonly powerType: string;
  /** What is deployed or being deployed; undefined when nothing is. */
  readonly os: { readonly system: string; readonly series: string } | undefined;
  readonly tags: readonly string[];
  readonly zone: string;
  readonly pool: string;
  /** Every address that MAAS shows, in the order of interfaces. */
  readonly addresses: readonly string[];
  /** The best one for SSH. Trust it only from Deploying on: a Ready machine may show leases of a past boot. */
  readonly address: string | undefined;
  /** Workload annotations; MAAS clears them on release. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly cpuCount: number;
  readonly memoryMib: number;
  readonly architecture: string;
  readonly disks: readonly Disk[];
  /** `''` where MAAS does not know. */
  readonly hardware: { readonly vendor: string; readonly product: string; readonly serial: string };
  /** Everything as it came, fields unknown to us included. */
  readonly raw: WireMachine;
}

export interface Disk {
  readonly name: string;
  readonly model: string;
  readonly serial: string;
  readonly sizeBytes: number;
}

export interface MachineReading {
  /** Subnets to prefer for `address`, as CIDR or MAAS subnet name. */
  preferredSubnets?: readonly string[];
}

/**
 * Reads one machine object. Only the fields that are read are checked, by hand: a list of 5,000 machines is tens of
 * megabytes. Throws MAAS_NOT_MAAS when it is not a machine at all.
 */
export function machineFromWire(wire: unknown, { preferredSubnets }: MachineReading = {}): Machine {
  assertMachine(wire);
  const raw = tolerant(wire);
  const hostname = text(raw.hostname) || raw.system_id;
  return {
    id: systemId(raw.system_id),
    hostname,
    fqdn: text(raw.fqdn) || hostname,
    ...stateOf(raw),
    tags: textList(raw.tag_names),
    zone: raw.zone?.name ?? 'default',
    pool: raw.pool?.name ?? 'default',
    addresses: textList(raw.ip_addresses),
    address: bestAddress(raw, preferredSubnets),
    annotations: annotationsOf(raw),
    cpuCount: count(raw.cpu_count),
    memoryMib: count(raw.memory),
    architecture: text(raw.architecture),
    disks: disksOf(raw),
    hardware: hardwareOf(raw),
    raw: wire,
  };
}

function assertMachine(wire: unknown): asserts wire is WireMachine {
  const found = wire as Partial<WireMachine> | null;
  if (typeof found === 'object' && typeof found?.system_id === 'string' && typeof found.status === 'number')
    return;
  throw new ColdstartError('MAAS_NOT_MAAS', 'the answer should be a machine and is not', {
    because: 'it has no system_id or no status number',
  });
}

/** The same object with null for the nested fields that are not of the kind expected. */
function tolerant(wire: WireMachine): WireMachine {
  const ok =
    Array.isArray(wire.interface_set) &&
    Array.isArray(wire.ip_addresses) &&
    isObjectOrNull(wire.boot_interface);
  if (ok) return wire;
  return {
    ...wire,
    interface_set: Array.isArray(wire.interface_set) ? wire.interface_set : [],
    ip_addresses: Array.isArray(wire.ip_addresses) ? wire.ip_addresses : [],
    boot_interface: isObjectOrNull(wire.boot_interface) ? wire.boot_interface : null,
  };
}

function isObjectOrNull(value: unknown): boolean {
  return typeof value === 'object';
}

function stateOf(raw: WireMachine) {
  return {
    status: statusOfNumber(raw.status) ?? ('unknown' as const),
    statusNumber: raw.status,
    statusName: text(raw.status_name) || String(raw.status),
    statusMessage: text(raw.status_message),
    errorDescription: text(raw.error_description),
    owner: text(raw.owner) || undefined,
    locked: raw.locked ?? false,
    powerState: text(raw.power_state) || 'unknown',
    powerType: text(raw.power_type),
    os: raw.osystem ? { system: raw.osystem, series: text(raw.distro_series) } : undefined,
  };
}

/** One map under two names: `owner_data` always, `workload_annotations` from 3.0 on. */
function annotationsOf(raw: WireMachine): Record<string, string> {
  const map: unknown = raw.workload_annotations ?? raw.owner_data;
  return typeof map === 'object' && map !== null ? (map as Record<string, string>) : {};
}

function disksOf(raw: WireMachine): Disk[] {
  if (!Array.isArray(raw.physicalblockdevice_set)) return [];
  return raw.physicalblockdevice_set.map(disk => ({
    name: text(disk.name),
    model: text(disk.model),
    serial: text(disk.serial),
    sizeBytes: count(disk.size),
  }));
}

function hardwareOf(raw: WireMachine) {
  const known = (key: string) => {
    const value = text(raw.hardware_info?.[key]);
    return value === 'Unknown' ? '' : value;
  };
  return { vendor: known('system_vendor'), product: known('system_product'), serial: known('system_serial') };
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function textList(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}
