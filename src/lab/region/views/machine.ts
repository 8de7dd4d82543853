import { machineStatuses } from '../../../maas/status.ts';
import type { WireMachine } from '../../../maas/wire.ts';
import { labProduct, labVendor } from '../../hardware.ts';
import type { MachineRecord } from '../state/records.ts';
import { fqdnOf, speaksAtLeast, type World } from '../state/world.ts';
import { viewInterfaces } from './network.ts';
import { viewDisk } from './storage.ts';
import { viewDomain, viewPool, viewZone } from './things.ts';

/** What is the same for all machines of one list, made once for it. */
export interface MachineViewer {
  (machine: MachineRecord): WireMachine;
}

/** Shows machines with every key that a MAAS of this version has. */
export function machineViewer(world: World): MachineViewer {
  const domains = new Map([...world.domains.values()].map(domain => [domain.id, viewDomain(world, domain)]));
  const zones = new Map([...world.zones.values()].map(zone => [zone.id, viewZone(zone)]));
  const pools = new Map([...world.pools.values()].map(pool => [pool.id, viewPool(pool)]));
  const missing = missingFields(world);
  return machine => {
    const view: WireMachine = {
      ...identity(world, machine),
      ...state(world, machine),
      ...system(machine),
      ...hardware(world, machine),
      ...storage(machine),
      ...network(world, machine),
      ...checkups(machine),
      domain: domains.get(machine.domainId) ?? null,
      zone: zones.get(machine.zoneId) ?? { name: 'default' },
      pool: pools.get(machine.poolId) ?? null,
    };
    for (const key of missing) delete view[key];
    return view;
  };
}

export function viewMachine(world: World, machine: MachineRecord): WireMachine {
  return machineViewer(world)(machine);
}

/** Fields by the version that brought them: https://github.com/canonical/maas/blob/3.7/src/maasserver/api/machines.py */
const since: readonly [major: number, minor: number, fields: readonly string[]][] = [
  [2, 9, ['virtualmachine_id']],
  [3, 0, ['workload_annotations']],
  [3, 2, ['last_sync', 'next_sync', 'sync_interval']],
  [3, 3, ['enable_hw_sync', 'ephemeral_deploy', 'parent']],
  [3, 5, ['error_description']],
  [3, 6, ['enable_kernel_crash_dump']],
  [3, 7, ['is_dpu']],
];

function missingFields(world: World): string[] {
  return since.filter(([major, minor]) => !speaksAtLeast(world, major, minor)).flatMap(row => [...row[2]]);
}

function identity(world: World, machine: MachineRecord) {
  return {
    system_id: machine.id,
    hostname: machine.hostname,
    fqdn: fqdnOf(world, machine),
    description: machine.description,
    node_type: 0,
    node_type_name: 'Machine',
    tag_names: machine.tags,
    hardware_uuid: null,
    pod: null,
    virtualmachine_id: null,
    parent: null,
    is_dpu: false,
    resource_uri: `/MAAS/api/2.0/machines/${machine.id}/`,
  };
}

function state(world: World, machine: MachineRecord) {
  const status = machineStatuses[machine.status];
  const newest = world.events.newestMessage(machine.id);
  const message = newest && (newest.description ? `${newest.type} - ${newest.description}` : newest.type);
  return {
    status: status.number,
    status_name: status.name,
    status_message: message ?? null,
    status_action: newest?.action ?? null,
    owner: machine.owner,
    owner_data: machine.annotations,
    workload_annotations: machine.annotations,
    error_description: machine.errorDescription,
    locked: machine.locked,
    power_state: machine.powerState,
    power_type: machine.powerType,
  };
}

function system(machine: MachineRecord) {
  return {
    osystem: machine.osystem,
    distro_series: machine.distroSeries,
    hwe_kernel: machine.hweKernel,
    min_hwe_kernel: machine.minHweKernel,
    netboot: machine.netboot,
    ephemeral_deploy: machine.ephemeralDeploy,
    enable_hw_sync: machine.enableHwSync,
    enable_kernel_crash_dump: false,
    sync_interval: null,
    last_sync: null,
    next_sync: null,
  };
}

const hardwareKeys = [
  ...['vendor', 'product', 'family', 'version', 'sku', 'serial'].map(key => `system_${key}`),
  'cpu_model',
  ...['vendor', 'product', 'serial', 'version', 'firmware_vendor', 'firmware_date', 'firmware_version'].map(
    key => `mainboard_${key}`,
  ),
  ...['vendor', 'type', 'serial', 'version'].map(key => `chassis_${key}`),
];
const unknownHardware = Object.fromEntries(hardwareKeys.map(key => [key, 'Unknown']));

function hardware({ driver }: World, machine: MachineRecord) {
  return {
    architecture: machine.architecture,
    cpu_count: machine.cpuCount,
    cpu_speed: machine.cpuSpeedMhz,
    memory: machine.memoryMib,
    swap_size: machine.swapSizeBytes,
    bios_boot_method: null,
    hardware_info: {
      ...unknownHardware,
      system_vendor: labVendor,
      system_product: labProduct(driver.kind),
      system_serial: `LAB-${String(machine.number).padStart(4, '0')}`,
    },
    numanode_set: [{ index: 0, memory: 0, cores: [], hugepages_set: [] }],
  };
}

function storage(machine: MachineRecord) {
  const disks = machine.disks.map(disk => viewDisk(machine, disk));
  return {
    storage: machine.disks.reduce((sum, disk) => sum + disk.sizeBytes, 0) / 1_000_000,
    boot_disk: disks[0] ?? null,
    blockdevice_set: disks,
    physicalblockdevice_set: disks,
    virtualblockdevice_set: [],
    volume_groups: [],
    raids: [],
    bcaches: [],
    cache_sets: [],
    special_filesystems: [],
  };
}

function network(world: World, machine: MachineRecord) {
  const interfaces = viewInterfaces(world, machine);
  const subnetId = machine.nics[0]?.subnetId;
  const gateway = subnetId == null ? null : (world.subnets.get(subnetId)?.gatewayIp ?? null);
  return {
    ip_addresses: machine.address ? [machine.address] : [],
    interface_set: interfaces,
    boot_interface: interfaces[0] ?? null,
    default_gateways: {
      ipv4: { gateway_ip: gateway, link_id: null },
      ipv6: { gateway_ip: null, link_id: null },
    },
    address_ttl: null,
    disable_ipv4: false,
  };
}

const unknownChecks = Object.fromEntries(
  [
    'testing',
    'cpu_test',
    'memory_test',
    'storage_test',
    'network_test',
    'interface_test',
    'other_test',
  ].flatMap(check => [
    [`${check}_status`, -1],
    [`${check}_status_name`, 'Unknown'],
  ]),
);

function checkups(machine: MachineRecord) {
  const passed = machine.commissioningResultId !== null;
  return {
    ...unknownChecks,
    commissioning_status: passed ? 2 : -1,
    commissioning_status_name: passed ? 'Passed' : 'Unknown',
    current_commissioning_result_id: machine.commissioningResultId,
    current_installation_result_id: machine.installationResultId,
    current_testing_result_id: null,
  };
}
