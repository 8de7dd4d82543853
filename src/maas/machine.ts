import { ColdstartError } from '../core/errors.ts';
import { type SystemId, systemId } from '../core/ids.ts';
import { bestAddress } from './address.ts';
import { count, record, records, text, texts } from './loose.ts';
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
export function machineFromWire(raw: unknown, { preferredSubnets }: MachineReading = {}): Machine {
  assertMachine(raw);
  const hostname = text(raw.hostname) || raw.system_id;
  return {
    id: systemId(raw.system_id),
    hostname,
    fqdn: text(raw.fqdn) || hostname,
    ...stateOf(raw),
    tags: raw.tag_names ?? [],
    zone: raw.zone?.name ?? 'default',
    pool: raw.pool?.name ?? 'default',
    addresses: texts(raw.ip_addresses),
    address: bestAddress(raw, preferredSubnets),
    annotations: annotationsOf(raw),
    cpuCount: count(raw.cpu_count),
    memoryMib: count(raw.memory),
    architecture: text(raw.architecture),
    disks: disksOf(raw),
    hardware: hardwareOf(raw),
  };
}

function assertMachine(wire: unknown): asserts wire is WireMachine {
  const found = wire as Partial<WireMachine> | null;
  if (typeof found !== 'object' || typeof found?.system_id !== 'string' || typeof found.status !== 'number')
    throw notMachine('it has no system_id or no status number');
  const wrong = Object.entries(scopeFields).find(([name, isRight]) => {
    const value = found[name];
    return value !== undefined && value !== null && !isRight(value);
  });
  if (wrong) throw notMachine(`the ${wrong[0]} of ${found.system_id} cannot be read`);
}

/** What decides whether a machine may be erased is never guessed; older regions may lack a field. */
const scopeFields: Record<string, (value: unknown) => boolean> = {
  owner: value => typeof value === 'string',
  locked: value => typeof value === 'boolean',
  tag_names: isTexts,
  zone: isNamed,
  pool: isNamed,
  owner_data: isTextMap,
  workload_annotations: isTextMap,
};

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every(item => typeof item === 'string');
}

function isNamed(value: unknown): boolean {
  return typeof value === 'object' && typeof (value as { name?: unknown }).name === 'string';
}

function isTextMap(value: unknown): boolean {
  return typeof value === 'object' && !Array.isArray(value) && isTexts(Object.values(value as object));
}

function notMachine(because: string): ColdstartError {
  return new ColdstartError('MAAS_NOT_MAAS', 'the answer should be a machine and is not', { because });
}

function stateOf(raw: WireMachine) {
  return {
    status: statusOfNumber(raw.status) ?? ('unknown' as const),
    statusNumber: raw.status,
    statusName: text(raw.status_name) || String(raw.status),
    statusMessage: text(raw.status_message),
    errorDescription: text(raw.error_description),
    owner: raw.owner || undefined,
    locked: raw.locked ?? false,
    powerState: text(raw.power_state) || 'unknown',
    powerType: text(raw.power_type),
    os: text(raw.osystem) ? { system: text(raw.osystem), series: text(raw.distro_series) } : undefined,
  };
}

/** One map under two names: `owner_data` always, `workload_annotations` from 3.0 on. */
function annotationsOf(raw: WireMachine): Record<string, string> {
  return raw.workload_annotations ?? raw.owner_data ?? {};
}

function disksOf(raw: WireMachine): Disk[] {
  return records(raw.physicalblockdevice_set).map(disk => ({
    name: text(disk.name),
    model: text(disk.model),
    serial: text(disk.serial),
    sizeBytes: count(disk.size),
  }));
}

function hardwareOf(raw: WireMachine) {
  const known = (key: string) => {
    const value = text(record(raw.hardware_info)[key]);
    return value === 'Unknown' ? '' : value;
  };
  return { vendor: known('system_vendor'), product: known('system_product'), serial: known('system_serial') };
}
