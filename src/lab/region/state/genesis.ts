import { type SystemId, systemId } from '../../../core/ids.ts';
import type { FleetMachine } from '../options.ts';
import { newSystemId, newTokenParts } from './random.ts';
import type { MachineRecord, NamedRecord, TokenRecord } from './records.ts';
import type { Table } from './table.ts';
import { nextNumber, save, type World } from './world.ts';

/** Fills a region that has no state: users and their keys, the network, and the first machines. */
export function createFirstState(world: World): void {
  addUser(world, {
    username: 'MAAS',
    email: 'maas@localhost',
    isSuperuser: false,
    isSystem: true,
    sshKeys: [],
  });
  addUser(world, { username: 'admin', email: 'admin@example.invalid', isSuperuser: true, sshKeys: [] });
  addUser(world, { username: 'joe', email: 'joe@example.invalid', isSuperuser: false, sshKeys: [] });
  addUser(world, {
    username: 'maas-init-node',
    email: 'node-init-user@localhost',
    isSuperuser: false,
    isSystem: true,
    sshKeys: [],
  });
  addNetwork(world);
  addNamed(world.pools, { id: nextNumber(world, 'pool', 0), name: 'default', description: 'Default pool' });
  addNamed(world.zones, { id: nextNumber(world, 'zone'), name: 'default', description: '' });
  addFleet(world, world.options.fleet);
}

function addUser(world: World, user: Parameters<World['users']['put']>[1]): void {
  world.users.put(user.username, user);
  if (!user.isSystem) addToken(world, { name: 'MAAS consumer', user: user.username, machine: null });
}

/** A new token with random parts, for a user or a machine. */
export function addToken(world: World, of: Pick<TokenRecord, 'name' | 'user' | 'machine'>): TokenRecord {
  const token: TokenRecord = { ...newTokenParts(), ...of };
  world.tokens.put(token.tokenKey, token);
  return token;
}

function addNetwork(world: World): void {
  const { subnet } = world.options;
  const fabricId = nextNumber(world, 'fabric');
  const vlanId = nextNumber(world, 'vlan');
  const subnetId = nextNumber(world, 'subnet');
  addNamed(world.fabrics, { id: fabricId, name: 'lab', description: '' });
  world.vlans.put(vlanId, {
    id: vlanId,
    vid: 0,
    name: 'untagged',
    description: '',
    mtu: 1500,
    dhcpOn: false,
    fabricId,
    spaceId: null,
  });
  world.subnets.put(subnetId, {
    id: subnetId,
    name: 'lab',
    description: '',
    cidr: subnet.cidr,
    gatewayIp: subnet.gatewayIp,
    dnsServers: [...subnet.dnsServers],
    vlanId,
  });
  const domainId = nextNumber(world, 'domain', 0);
  world.domains.put(domainId, {
    id: domainId,
    name: 'maas',
    authoritative: true,
    ttl: null,
    isDefault: true,
  });
}

function addNamed(table: Table<NamedRecord>, record: NamedRecord): NamedRecord {
  table.put(record.id, record);
  return record;
}

/** Adds machines that are Ready, with the tags, zones and pools that they name. */
export function addFleet(world: World, fleet: readonly FleetMachine[]): SystemId[] {
  return fleet.map(wanted => {
    for (const name of wanted.tags) addTagIfMissing(world, name);
    const machine = newMachine(world, wanted);
    machine.status = 'ready';
    machine.tags = [...wanted.tags];
    machine.commissioningResultId = nextNumber(world, 'scriptSet');
    machine.powerState = machine.powerType === 'manual' ? 'unknown' : 'off';
    commissionNetwork(world, machine);
    save(world, machine);
    world.events.add(machine, 'INFO', 'Ready');
    return machine.id;
  });
}

function addTagIfMissing(world: World, name: string): void {
  if (!world.tags.get(name)) world.tags.put(name, { name, comment: '', definition: '', kernelOpts: '' });
}

/** A machine with status New, not kept yet. */
export function newMachine(world: World, wanted: FleetMachine): MachineRecord {
  const number = nextNumber(world, 'node');
  return {
    number,
    id: wanted.systemId ? systemId(wanted.systemId) : newSystemId(id => world.machines.get(id) !== undefined),
    hostname: wanted.hostname,
    domainId: 0,
    zoneId: namedId(world, world.zones, 'zone', wanted.zone ?? 'default'),
    poolId: namedId(world, world.pools, 'pool', wanted.pool ?? 'default'),
    powerType: wanted.powerType ?? 'virsh',
    powerParameters: wanted.powerType === 'manual' ? {} : labPower(wanted.hostname),
    architecture: wanted.architecture ?? 'amd64/generic',
    cpuCount: wanted.cpuCount,
    memoryMib: wanted.memoryMib,
    nics: [nic(world, wanted.mac, 0)],
    disks: wanted.diskBytes > 0 ? [disk(world, wanted.diskBytes, number)] : [],
    createdMs: world.clock.now(),
    ...blankMachine(),
  };
}

function labPower(hostname: string): Record<string, string> {
  return { power_address: 'qemu+ssh://lab.invalid/system', power_pass: '', power_id: hostname };
}

function namedId(world: World, table: Table<NamedRecord>, kind: string, name: string): number {
  const known = [...table.values()].find(record => record.name === name);
  return (known ?? addNamed(table, { id: nextNumber(world, kind), name, description: '' })).id;
}

export function nic(world: World, mac: string, index: number) {
  const id = nextNumber(world, 'interface');
  return { id, name: `eth${index}`, mac: mac.toLowerCase(), vlanId: null, linkId: null, subnetId: null };
}

function disk(world: World, sizeBytes: number, number: number): MachineRecord['disks'][number] {
  return {
    id: nextNumber(world, 'blockDevice'),
    name: 'sda',
    sizeBytes,
    serial: `S${number}`,
    model: 'QEMU',
    partitionId: nextNumber(world, 'partition'),
    partitionUuid: crypto.randomUUID(),
    filesystemUuid: crypto.randomUUID(),
  };
}

/** What commissioning finds out: the network that the first interface is on. */
export function commissionNetwork(world: World, machine: MachineRecord): void {
  const subnet = [...world.subnets.values()][0];
  const boot = machine.nics[0];
  if (!subnet || !boot || boot.vlanId !== null) return;
  boot.vlanId = subnet.vlanId;
  boot.subnetId = subnet.id;
  boot.linkId = nextNumber(world, 'link');
}

type Blank = Omit<
  MachineRecord,
  | 'number'
  | 'id'
  | 'hostname'
  | 'domainId'
  | 'zoneId'
  | 'poolId'
  | 'powerType'
  | 'powerParameters'
  | 'architecture'
  | 'cpuCount'
  | 'memoryMib'
  | 'nics'
  | 'disks'
  | 'createdMs'
>;

function blankMachine(): Blank {
  return {
    description: '',
    status: 'new',
    statusBefore: 'new',
    owner: null,
    agentName: '',
    annotations: {},
    locked: false,
    errorDescription: '',
    powerState: 'unknown',
    osystem: '',
    distroSeries: '',
    hweKernel: null,
    minHweKernel: '',
    netboot: true,
    ephemeralDeploy: false,
    enableHwSync: false,
    userData: null,
    cpuSpeedMhz: 0,
    swapSizeBytes: null,
    tags: [],
    address: null,
    lastAddress: null,
    addressSinceMs: 0,
    commissioningResultId: null,
    installationResultId: null,
    deployment: null,
    deadlineMs: null,
  };
}
