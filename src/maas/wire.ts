/**
 * Shapes of the MAAS API 2.0, as JSON carries them: https://maas.io/docs/api and, for what the documentation leaves
 * out, https://github.com/canonical/maas/blob/3.7/src/maasserver/api/machines.py. Only fields that coldstart reads are
 * named here; every other field is kept as it came.
 */

export interface WireVlan {
  id: number;
  vid: number;
  name: string;
  fabric: string;
  [field: string]: unknown;
}

export interface WireSubnet {
  id: number;
  name: string;
  /** `10.30.0.0/24` */
  cidr: string;
  gateway_ip: string | null;
  dns_servers: string[];
  vlan: WireVlan;
  [field: string]: unknown;
}

export interface WireLink {
  id: number;
  mode: 'auto' | 'dhcp' | 'static' | 'link_up';
  ip_address?: string | null;
  subnet?: WireSubnet;
}

export interface WireInterface {
  id: number;
  name: string;
  type: string;
  mac_address: string | null;
  vlan: WireVlan | null;
  links: WireLink[];
  /** Names of the interfaces on top of this one (bond, bridge, vlan). */
  children: string[];
  [field: string]: unknown;
}

export interface WireBlockDevice {
  id: number;
  name: string;
  model: string | null;
  serial: string | null;
  /** Bytes. */
  size: number;
  [field: string]: unknown;
}

export interface WireMachine {
  system_id: string;
  hostname: string;
  fqdn: string;
  /** Number; see maas/status.ts. */
  status: number;
  status_name: string;
  status_message: string | null;
  /** 3.5 and later: why a machine is Broken or failed. */
  error_description?: string;
  /** Name of the MAAS user, or null. */
  owner: string | null;
  /** The same map as workload_annotations; the only name before 3.0. Strings only; wiped on release. */
  owner_data?: Record<string, string>;
  workload_annotations?: Record<string, string>;
  locked: boolean;
  power_state: string;
  power_type: string;
  osystem: string;
  distro_series: string;
  hwe_kernel: string | null;
  architecture: string;
  cpu_count: number;
  /** MiB. */
  memory: number;
  /** MB, as a float. */
  storage: number;
  ip_addresses: string[];
  boot_interface: WireInterface | null;
  interface_set: WireInterface[];
  physicalblockdevice_set: WireBlockDevice[];
  zone: { name: string; [field: string]: unknown };
  pool: { name: string; [field: string]: unknown } | null;
  tag_names: string[];
  hardware_info?: Record<string, string>;
  hardware_uuid?: string | null;
  resource_uri: string;
  [field: string]: unknown;
}
