import { isIP, isIPv4 } from 'node:net';
import { isInCidr } from '../net/cidr.ts';
import { record, records, text, texts } from './loose.ts';
import type { WireInterface, WireLink, WireMachine } from './wire.ts';

type LooseInterface = Partial<WireInterface>;

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
  const addresses = texts(machine.ip_addresses);
  return (
    inPreferredSubnet(machine, preferredSubnets) ??
    onBootInterface(machine) ??
    addresses.find(isIPv4) ??
    addresses.find(address => isIP(address) === 6 && !/^fe[89ab]/i.test(address))
  );
}

function inPreferredSubnet(machine: WireMachine, wishes: readonly string[]): string | undefined {
  if (wishes.length === 0) return undefined;
  const links = records(machine.interface_set).flatMap(linksOf);
  for (const wish of wishes) {
    const linked = links.find(({ subnet }) => record(subnet).cidr === wish || record(subnet).name === wish);
    const address =
      linked?.ip_address ?? texts(machine.ip_addresses).find(address => isInCidr(address, wish));
    if (address) return address;
  }
  return undefined;
}

function onBootInterface(machine: WireMachine): string | undefined {
  const addresses = upwards(record(machine.boot_interface), records(machine.interface_set))
    .flatMap(linksOf)
    .map(link => text(link.ip_address));
  return addresses.find(isIPv4) ?? addresses.find(address => isIP(address) === 6);
}

/** The interface, then those on top of it, nearest first; VLANs after bonds and bridges of the same height. */
function upwards(from: LooseInterface, all: readonly LooseInterface[]): LooseInterface[] {
  const seen = new Map([[from.name, from]]);
  let level = [from];
  while (level.length > 0) {
    const names = new Set(level.flatMap(nic => texts(nic.children)));
    level = all.filter(nic => names.has(text(nic.name)) && !seen.has(nic.name));
    level.sort((a, b) => Number(a.type === 'vlan') - Number(b.type === 'vlan'));
    for (const nic of level) seen.set(nic.name, nic);
  }
  return [...seen.values()];
}

/** Links that have an address. */
function linksOf(nic: LooseInterface): Partial<WireLink>[] {
  return records(nic.links).filter(link => text(link.ip_address) !== '');
}
