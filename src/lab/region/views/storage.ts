import type { DiskRecord, MachineRecord } from '../state/records.ts';

const mebibyte = 1024 * 1024;

/** A disk of a machine: one partition over all of it, formatted while a system is to be on it. */
export function viewDisk(machine: MachineRecord, disk: DiskRecord) {
  // A GPT takes one mebibyte at the front and 4 at the back, in whole blocks of 4 MiB.
  const partitionBytes = Math.floor((disk.sizeBytes - 5 * mebibyte) / (4 * mebibyte)) * 4 * mebibyte;
  const path = `/dev/disk/by-dname/${disk.name}`;
  const base = `/MAAS/api/2.0/nodes/${machine.id}/blockdevices/${disk.id}/`;
  return {
    system_id: machine.id,
    id: disk.id,
    name: disk.name,
    type: 'physical',
    path,
    id_path: '',
    model: disk.model,
    serial: disk.serial,
    size: disk.sizeBytes,
    block_size: 512,
    available_size: 0,
    used_size: partitionBytes + 6 * mebibyte,
    used_for: 'GPT partitioned with 1 partition',
    tags: [],
    uuid: null,
    firmware_version: null,
    numa_node: 0,
    storage_pool: null,
    filesystem: null,
    partition_table_type: 'GPT',
    partitions: [viewPartition(machine, disk, { partitionBytes, path, base })],
    resource_uri: base,
  };
}

function viewPartition(
  machine: MachineRecord,
  disk: DiskRecord,
  where: { partitionBytes: number; path: string; base: string },
) {
  const filesystem = {
    fstype: 'ext4',
    label: 'root',
    uuid: disk.filesystemUuid,
    mount_point: '/',
    mount_options: null,
  };
  // While a machine is being released, MAAS has already taken its file systems away.
  const mounted = machine.status !== 'releasing';
  return {
    system_id: machine.id,
    id: disk.partitionId,
    type: 'partition',
    device_id: disk.id,
    uuid: disk.partitionUuid,
    size: where.partitionBytes,
    bootable: false,
    tags: [],
    filesystem: mounted ? filesystem : null,
    used_for: mounted ? 'ext4 formatted filesystem mounted at /' : 'Unused',
    path: `${where.path}-part2`,
    resource_uri: `${where.base}partition/${disk.partitionId}`,
  };
}
