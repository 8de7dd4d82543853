import { isIP, isIPv4 } from 'node:net';
import { isInCidr } from './cidr.ts';
import type { WireInterface, WireLink, WireMachine } from './wire.ts';

/**
 * The address to reach a machine at over SSH, or undefined when MAAS shows none. In this order: a link in one of the
 * preferred subnets (CIDR or MAAS subnet name, first wish first), a link on the boot interface or on the bond, bridge
 * or VLAN above it, the first IPv4 address, the first IPv6 address. MAAS lists addresses in the order of interfaces,
 * so the first one may well belong to a storage network.
 */
export function bestAddress(
  machine: WireMachine,
  preferredSubnets: readonly string[] = [],
): string | undefined {
  const addresses = machine.ip_addresses ?? [];
  return (
    inPreferredSubnet(machine, preferredSubnets) ??
    onBootInterface(machine) ??
    addresses.find(isIPv4) ??
    addresses.find(address => isIP(address) === 6 && !/^fe[89ab]/i.test(address))
  );
}

function inPreferredSubnet(machine: WireMachine, wishes: readonly string[]): string | undefined {
  if (wishes.length === 0) return undefined;
  const links = (machine.interface_set ?? []).flatMap(linksOf);
  for (const wish of wishes) {
    const linked = links.find(({ subnet }) => subnet?.cidr === wish || subnet?.name === wish);
    const address = linked?.ip_address ?? machine.ip_addresses?.find(address => isInCidr(address, wish));
    if (address) return address;
  }
  return undefined;
}

function onBootInterface(machine: WireMachine): string | undefined {
  const boot = machine.boot_interface;
  if (!boot) return undefined;
  const addresses = upwards(boot, machine.interface_set ?? [])
    .flatMap(linksOf)
    .map(link => link.ip_address ?? '');
  return addresses.find(isIPv4) ?? addresses.find(address => isIP(address) === 6);
}

/** The interface, then those on top of it, nearest first; VLANs after bonds and bridges of the same height. */
function upwards(from: WireInterface, all: readonly WireInterface[]): WireInterface[] {
  const seen = new Map([[from.name, from]]);
  let level = [from];
  while (level.length > 0) {
    const names = new Set(level.flatMap(nic => nic.children ?? []));
    level = all.filter(nic => names.has(nic.name) && !seen.has(nic.name));
    level.sort((a, b) => Number(a.type === 'vlan') - Number(b.type === 'vlan'));
    for (const nic of level) seen.set(nic.name, nic);
  }
  return [...seen.values()];
}

/** Links that have an address. */
function linksOf(nic: WireInterface): WireLink[] {
  return (nic.links ?? []).filter(link => typeof link.ip_address === 'string' && link.ip_address !== '');
}
