import { isIPv4 } from 'node:net';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { groupsOf } from './groups.ts';
import { type SshAccess, sshVariables } from './ssh.ts';

export type InventoryRole = 'control-plane' | 'worker';

type Variables = Readonly<Record<string, unknown>>;

export interface InventoryGroup {
  hosts?: string[];
  children?: string[];
  vars?: Variables;
}

/** What `--list` of an Ansible inventory program prints; with `_meta`, Ansible never asks for `--host`. */
export type AnsibleInventory = {
  _meta: { hostvars: Record<string, Variables> };
  all: InventoryGroup & { children: string[]; vars: Variables };
  control_plane: InventoryGroup & { hosts: string[] };
  workers: InventoryGroup & { hosts: string[] };
  /** The names of 2018. */
  master: InventoryGroup & { children: string[] };
  other: InventoryGroup & { children: string[] };
  /** `tag_<x>`, `zone_<x>`, `pool_<x>`. */
  [group: `${'tag' | 'zone' | 'pool'}_${string}`]: InventoryGroup & { hosts: string[] };
};

export interface InventoryInput {
  machines: readonly Machine[];
  /** Machines without a role are left out. */
  roles: ReadonlyMap<SystemId, InventoryRole>;
  /** Variables of the group `all`; they win over what is found here. */
  variables: Variables;
  ssh: SshAccess;
  /**
   * Who `first_control_plane` names; by default the first control plane by host name. When this one is no host, nobody
   * is named: another machine must not start a second cluster in its place.
   */
  firstControlPlane?: SystemId | undefined;
  /** Which machines are hosts, by default the ones that are up. A machine without address never is. */
  include?: (machine: Machine) => boolean;
}

/** Machines as Ansible sees them. Pure; holds no secret: power parameters never leave MAAS. */
export function buildInventory(input: InventoryInput): AnsibleInventory {
  const hosts = hostsOf(input);
  const first = firstControlPlane(hosts, input.firstControlPlane);
  const inventory: AnsibleInventory = {
    _meta: { hostvars: Object.fromEntries(hosts.map(host => [host.name, variablesOf(host, input.ssh)])) },
    all: {
      children: [],
      vars: { ...(first === undefined ? {} : { first_control_plane: first }), ...input.variables },
    },
    control_plane: { hosts: namesOf(hosts, 'control-plane') },
    workers: { hosts: namesOf(hosts, 'worker') },
    master: { children: ['control_plane'] },
    other: { children: ['workers'] },
    ...groupsByName(hosts),
  };
  inventory.all.children.push(...Object.keys(inventory).filter(name => name !== '_meta' && name !== 'all'));
  return inventory;
}

/** What `--host NAME` prints; undefined for a name that is no host. */
export function hostVars({ _meta }: AnsibleInventory, name: string): Variables | undefined {
  return Object.hasOwn(_meta.hostvars, name) ? _meta.hostvars[name] : undefined;
}

/** The rule of 2018: deployed, and not powered off. A machine whose power MAAS cannot see counts as on. */
function isUp({ status, powerState }: Machine): boolean {
  return status === 'deployed' && powerState !== 'off';
}

interface Host {
  name: string;
  address: string;
  role: InventoryRole;
  machine: Machine;
}

function hostsOf({ machines, roles, include = isUp }: InventoryInput): Host[] {
  const hosts = new Map<string, Host>();
  for (const machine of machines) {
    const role = roles.get(machine.id);
    const { address, hostname: name } = machine;
    if (role && address !== undefined && include(machine)) hosts.set(name, { name, address, role, machine });
  }
  return [...hosts.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function namesOf(hosts: readonly Host[], role: InventoryRole): string[] {
  return hosts.filter(host => host.role === role).map(({ name }) => name);
}

function firstControlPlane(hosts: readonly Host[], wanted: SystemId | undefined): string | undefined {
  const controlPlanes = hosts.filter(({ role }) => role === 'control-plane');
  return (
    wanted === undefined ? controlPlanes[0] : controlPlanes.find(({ machine }) => machine.id === wanted)
  )?.name;
}

function groupsByName(hosts: readonly Host[]): Record<string, { hosts: string[] }> {
  const groups = new Map<string, string[]>();
  for (const { name, machine } of hosts) {
    for (const group of groupsOf(machine)) {
      const members = groups.get(group);
      if (members) members.push(name);
      else groups.set(group, [name]);
    }
  }
  const sorted = [...groups].sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(sorted.map(([group, members]) => [group, { hosts: members }]));
}

function variablesOf({ name, address, machine }: Host, ssh: SshAccess): Variables {
  return {
    ...sshVariables(machine, address, ssh),
    node_name: name,
    node_address: isIPv4(address) ? address : (machine.addresses.find(isIPv4) ?? address),
    maas: withoutTemplates(factsOf(machine)),
  };
}

function factsOf(machine: Machine): Variables {
  return {
    system_id: machine.id,
    fqdn: machine.fqdn,
    status: machine.statusName,
    power_state: machine.powerState,
    ip_address: machine.address,
    ip_addresses: machine.addresses,
    zone: machine.zone,
    pool: machine.pool,
    tags: machine.tags,
    cpu_count: machine.cpuCount,
    memory_mib: machine.memoryMib,
    architecture: machine.architecture,
    osystem: machine.os?.system ?? '',
    distro_series: machine.os?.series ?? '',
    disks: machine.disks.map(({ name, model, serial, sizeBytes }) => ({
      name,
      model,
      serial,
      size_bytes: sizeBytes,
    })),
    hardware: machine.hardware,
  };
}

/**
 * Ansible evaluates templates in inventory variables, and these texts come from firmware and from MAAS users: take the
 * beginning of a template apart.
 */
function withoutTemplates(facts: Variables): unknown {
  return templateStart.test(JSON.stringify(facts)) ? inert(facts) : facts;
}

/** Never a part of JSON itself. */
const templateStart = /\{(?=[{%#])/;

function inert(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(new RegExp(templateStart, 'g'), '{ ');
  if (Array.isArray(value)) return value.map(inert);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inert(one)]));
}
