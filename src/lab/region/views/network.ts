import type { MachineRecord, NicRecord, SubnetRecord, VlanRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** How the API shows the network. Key order does not matter to clients; the keys themselves do. */
export function viewVlan(world: World, vlan: VlanRecord) {
  return {
    vid: vlan.vid,
    mtu: vlan.mtu,
    dhcp_on: vlan.dhcpOn,
    external_dhcp: null,
    relay_vlan: null,
    name: vlan.name,
    fabric: world.fabrics.get(vlan.fabricId)?.name ?? '',
    fabric_id: vlan.fabricId,
    primary_rack: null,
    secondary_rack: null,
    space: spaceName(world, vlan),
    id: vlan.id,
    resource_uri: `/MAAS/api/2.0/vlans/${vlan.id}/`,
  };
}

function spaceName(world: World, vlan: VlanRecord | undefined): string {
  return (vlan?.spaceId == null ? undefined : world.spaces.get(vlan.spaceId)?.name) ?? 'undefined';
}

export function viewSubnet(world: World, subnet: SubnetRecord) {
  const vlan = world.vlans.get(subnet.vlanId);
  return {
    name: subnet.name,
    description: subnet.description,
    vlan: vlan ? viewVlan(world, vlan) : null,
    cidr: subnet.cidr,
    rdns_mode: 2,
    gateway_ip: subnet.gatewayIp,
    dns_servers: subnet.dnsServers,
    allow_dns: true,
    allow_proxy: true,
    active_discovery: false,
    managed: true,
    disabled_boot_architectures: [],
    space: spaceName(world, vlan),
    id: subnet.id,
    resource_uri: `/MAAS/api/2.0/subnets/${subnet.id}/`,
  };
}

export function viewFabric(world: World, fabric: { id: number; name: string }) {
  const vlans = [...world.vlans.values()].filter(vlan => vlan.fabricId === fabric.id);
  return {
    class_type: null,
    id: fabric.id,
    name: fabric.name,
    vlans: vlans.map(vlan => viewVlan(world, vlan)),
    resource_uri: `/MAAS/api/2.0/fabrics/${fabric.id}/`,
  };
}

/** The space of this number; `null` is the made-up one that holds everything without a space. */
export function viewSpace(world: World, space: { id: number; name: string; description: string } | null) {
  const vlans = [...world.vlans.values()].filter(vlan => vlan.spaceId === (space?.id ?? null));
  const ids = new Set(vlans.map(vlan => vlan.id));
  const subnets = [...world.subnets.values()].filter(subnet => ids.has(subnet.vlanId));
  return {
    name: space?.name ?? 'undefined',
    description:
      space?.description ??
      'Backward compatibility object to ensure objects not associated with a space can be found.',
    id: space?.id ?? -1,
    vlans: vlans.map(vlan => viewVlan(world, vlan)),
    subnets: subnets.map(subnet => viewSubnet(world, subnet)),
    resource_uri: `/MAAS/api/2.0/spaces/${space?.id ?? 'undefined'}/`,
  };
}

/** An interface of a machine or device; the address is on its one link, while there is one. */
export function viewInterface(world: World, owner: { id: string; address?: string | null }, nic: NicRecord) {
  const vlan = nic.vlanId === null ? undefined : world.vlans.get(nic.vlanId);
  const subnet = nic.subnetId === null ? undefined : world.subnets.get(nic.subnetId);
  const address = owner.address ? { ip_address: owner.address } : {};
  return {
    system_id: owner.id,
    id: nic.id,
    name: nic.name,
    type: 'physical',
    mac_address: nic.mac,
    vlan: vlan ? viewVlan(world, vlan) : null,
    links: subnet ? [{ id: nic.linkId, mode: 'auto', ...address, subnet: viewSubnet(world, subnet) }] : [],
    parents: [],
    children: [],
    tags: [],
    enabled: true,
    params: {},
    discovered: null,
    effective_mtu: vlan?.mtu ?? 1500,
    vendor: null,
    product: null,
    firmware_version: null,
    link_connected: true,
    interface_speed: 0,
    link_speed: 0,
    numa_node: 0,
    sriov_max_vf: 0,
    resource_uri: `/MAAS/api/2.0/nodes/${owner.id}/interfaces/${nic.id}/`,
  };
}

/** All interfaces of a machine; only the first has the address. */
export function viewInterfaces(world: World, machine: MachineRecord) {
  return machine.nics.map((nic, index) =>
    viewInterface(world, { id: machine.id, address: index === 0 ? machine.address : null }, nic),
  );
}
