import { z } from 'zod';

/**
 * A machine as the published API describes it (https://maas.io/docs/api), and as strictly as a client in a typed
 * language reads it: each field must be there, and of its kind. What newer versions add is let through.
 */
const number = z.number();
const text = z.string();
const maybeText = text.nullable();
const maybeNumber = number.nullable();
const reference = z.looseObject({ name: text, id: number, resource_uri: text });
const vlan = z.looseObject({
  id: number,
  vid: number,
  name: maybeText,
  fabric: text,
  mtu: number,
  dhcp_on: z.boolean(),
});
const subnet = z.looseObject({ id: number, name: text, cidr: text, gateway_ip: maybeText, vlan });
const link = z.looseObject({
  id: number,
  mode: z.enum(['auto', 'dhcp', 'static', 'link_up']),
  ip_address: maybeText.optional(),
  subnet: subnet.optional(),
});
const nic = z.looseObject({
  id: number,
  name: text,
  type: text,
  enabled: z.boolean(),
  mac_address: maybeText,
  vlan: vlan.nullable(),
  links: z.array(link),
  parents: z.array(text),
  children: z.array(text),
  tags: z.array(text),
  system_id: text,
});
const disk = z.looseObject({
  id: number,
  name: text,
  type: text,
  size: number,
  block_size: number,
  model: maybeText,
  serial: maybeText,
  path: text,
  tags: z.array(text),
  partitions: z.array(z.unknown()),
});
const gateway = z.looseObject({ gateway_ip: maybeText, link_id: maybeNumber });

export const publishedMachine = z.looseObject({
  system_id: text.min(6),
  hostname: text,
  fqdn: text,
  description: text,
  status: number,
  status_name: text,
  status_action: maybeText,
  status_message: maybeText,
  owner: maybeText,
  owner_data: z.record(text, text),
  workload_annotations: z.record(text, text),
  locked: z.boolean(),
  netboot: z.boolean(),
  power_state: z.enum(['on', 'off', 'unknown', 'error']),
  power_type: text,
  osystem: text,
  distro_series: text,
  hwe_kernel: maybeText,
  min_hwe_kernel: maybeText,
  architecture: text,
  cpu_count: number,
  cpu_speed: number,
  memory: number,
  storage: number,
  swap_size: maybeNumber,
  ip_addresses: z.array(text),
  boot_interface: nic.nullable(),
  interface_set: z.array(nic),
  boot_disk: disk.nullable(),
  blockdevice_set: z.array(disk),
  physicalblockdevice_set: z.array(disk),
  virtualblockdevice_set: z.array(z.unknown()),
  volume_groups: z.array(z.unknown()),
  raids: z.array(z.unknown()),
  bcaches: z.array(z.unknown()),
  cache_sets: z.array(z.unknown()),
  special_filesystems: z.array(z.unknown()),
  default_gateways: z.looseObject({ ipv4: gateway, ipv6: gateway }),
  domain: reference,
  zone: reference,
  pool: reference.nullable(),
  tag_names: z.array(text),
  hardware_info: z.record(text, text),
  hardware_uuid: maybeText,
  commissioning_status: number,
  commissioning_status_name: text,
  testing_status: number,
  testing_status_name: text,
  current_commissioning_result_id: maybeNumber,
  current_installation_result_id: maybeNumber,
  current_testing_result_id: maybeNumber,
  node_type: z.literal(0),
  node_type_name: z.literal('Machine'),
  resource_uri: text.regex(/^\/MAAS\/api\/2\.0\/machines\/\w+\/$/),
});

export type PublishedMachine = z.infer<typeof publishedMachine>;
