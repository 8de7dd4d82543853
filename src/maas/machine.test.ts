import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bestAddress } from './address.ts';
import { machineFromWire } from './machine.ts';
import { machineStatuses } from './status.ts';
import type { WireInterface, WireMachine } from './wire.ts';

const recorded = new URL('../../../shared/reference/maas-fixtures/', import.meta.url);

describe.skipIf(!existsSync(recorded))('machines that a real region sent', () => {
  const load = (name: string): unknown => JSON.parse(readFileSync(new URL(name, recorded), 'utf8'));

  it('are all readable', () => {
    const names = readdirSync(new URL('recorded-3.4.10/', recorded)).filter(name =>
      name.startsWith('machine-'),
    );
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) {
      const machine = machineFromWire(load(`recorded-3.4.10/${name}`));
      expect(machineStatuses).toHaveProperty(machine.status);
    }
  });

  it('have their address from Deploying on', () => {
    expect(machineFromWire(load('recorded-3.4.10/machine-deploy-response.json')).address).toBeUndefined();
    expect(machineFromWire(load('recorded-3.4.10/machine-deployed.json'))).toMatchObject({
      id: 'xp3dhd',
      hostname: 'sim08',
      fqdn: 'sim08.maas',
      status: 'deployed',
      owner: 'admin',
      os: { system: 'ubuntu', series: 'jammy' },
      address: '10.30.0.211',
      annotations: { owner: 'ci', job: '42' },
      cpuCount: 4,
      memoryMib: 16384,
      disks: [{ name: 'sda', model: 'QEMU', serial: 'S8', sizeBytes: 64_000_000_000 }],
      hardware: { vendor: '', product: '', serial: '' },
    });
  });

  it('have a pool and a zone', () => {
    const wire = load('gomaasclient/machine.json');
    expect(machineFromWire(wire)).toMatchObject({ os: undefined, zone: 'zone-north', pool: 'default' });
  });
});

describe('machineFromWire', () => {
  it('needs a system id and a status, and nothing else', () => {
    expect(machineFromWire({ system_id: 'abc', status: 4 })).toMatchObject({
      id: 'abc',
      hostname: 'abc',
      fqdn: 'abc',
      status: 'ready',
      statusName: '4',
      owner: undefined,
      locked: false,
      powerState: 'unknown',
      os: undefined,
      tags: [],
      zone: 'default',
      pool: 'default',
      addresses: [],
      address: undefined,
      annotations: {},
      disks: [],
    });
  });

  it.each([
    ['MAAS 2.9: the old name of annotations', { owner_data: { a: '1' } }, { annotations: { a: '1' } }],
    ['both names', { owner_data: {}, workload_annotations: { a: '1' } }, { annotations: { a: '1' } }],
    ['no pool', { pool: null }, { pool: 'default' }],
    [
      'a status of the future',
      { status: 99, status_name: 'Dreaming' },
      { status: 'unknown', statusName: 'Dreaming' },
    ],
    [
      'nulls',
      { hostname: null, owner: null, ip_addresses: null, interface_set: null, tag_names: null },
      { tags: [] },
    ],
    ['3.5: why it failed', { error_description: 'bad disk' }, { errorDescription: 'bad disk' }],
  ])('reads %s', (_, fields, expected) => {
    expect(machineFromWire({ system_id: 'abc', status: 4, ...fields })).toMatchObject(expected);
  });

  it.each([null, 'abc', [], {}, { system_id: 'abc' }, { status: 4 }])('refuses %j', wire => {
    expect(() => machineFromWire(wire)).toThrow(expect.objectContaining({ code: 'MAAS_NOT_MAAS' }));
  });

  it('reads 5,000 rich machines in well under a second', () => {
    const rich = machineWith({
      ip_addresses: ['10.9.0.1', '10.30.0.1'],
      boot_interface: nic('eth0', [], ['bond0']),
      interface_set: [nic('eth0', [], ['bond0']), nic('eth1', [], ['bond0']), nic('bond0', ['10.30.0.1'])],
    });
    const start = process.cpuUsage();
    for (let i = 0; i < 5000; i += 1) machineFromWire(rich, { preferredSubnets: ['192.168.0.0/16'] });
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(900);
  });
});

describe('bestAddress', () => {
  const storage = nic('eth1', ['10.9.0.7']);

  it.each<[string, Partial<WireMachine>, string | undefined]>([
    ['nothing', {}, undefined],
    [
      'the first IPv4 when nothing is known of interfaces',
      { ip_addresses: ['fd00::1', '10.1.0.1'] },
      '10.1.0.1',
    ],
    ['IPv6 when there is no other', { ip_addresses: ['fe80::1', 'fd00::1'] }, 'fd00::1'],
    [
      'the boot interface, not the storage network before it',
      {
        ip_addresses: ['10.9.0.7', '10.1.0.2'],
        interface_set: [storage, nic('eth0', ['10.1.0.2'])],
        boot_interface: nic('eth0', ['10.1.0.2']),
      },
      '10.1.0.2',
    ],
    [
      'IPv4 of the boot interface before its IPv6',
      { interface_set: [], boot_interface: nic('eth0', ['fd00::2', '10.1.0.2']) },
      '10.1.0.2',
    ],
    [
      'the bridge on the bond on the boot interface',
      {
        ip_addresses: ['10.9.0.7', '10.1.0.3'],
        interface_set: [
          storage,
          nic('br0', ['10.1.0.3']),
          nic('bond0', [], ['br0']),
          nic('eth0', [], ['bond0']),
        ],
        boot_interface: nic('eth0', [], ['bond0']),
      },
      '10.1.0.3',
    ],
    [
      'a bridge before a VLAN',
      {
        interface_set: [{ ...nic('eth0.9', ['10.9.0.3']), type: 'vlan' }, nic('br0', ['10.1.0.3'])],
        boot_interface: nic('eth0', [], ['eth0.9', 'br0']),
      },
      '10.1.0.3',
    ],
    [
      'the first IPv4 when the boot interface has none',
      {
        ip_addresses: ['10.9.0.7'],
        interface_set: [storage, nic('eth0', [])],
        boot_interface: nic('eth0', []),
      },
      '10.9.0.7',
    ],
    [
      'no endless walk',
      { interface_set: [nic('a', [], ['b']), nic('b', [], ['a'])], boot_interface: nic('a', [], ['b']) },
      undefined,
    ],
  ])('finds %s', (_, fields, address) => {
    expect(bestAddress(machineWith(fields))).toBe(address);
  });

  it.each([
    [['10.9.0.0/24'], '10.9.0.7'],
    [['storage'], '10.9.0.7'],
    [['172.16.0.0/12', '10.9.0.0/16'], '10.9.0.7'],
    [['172.16.0.0/12'], '10.1.0.2'],
    [['10.9.0.0/99', 'no such', '/'], '10.1.0.2'],
  ])('prefers %j', (wishes, address) => {
    const machine = machineWith({
      ip_addresses: ['10.1.0.2', '10.9.0.7'],
      interface_set: [nic('eth0', ['10.1.0.2']), nic('eth1', ['10.9.0.7'], [], 'storage')],
      boot_interface: nic('eth0', ['10.1.0.2']),
    });
    expect(bestAddress(machine, wishes)).toBe(address);
  });
});

function machineWith(fields: Partial<WireMachine>): WireMachine {
  return { system_id: 'abc', status: 6, ...fields } as WireMachine;
}

function nic(name: string, addresses: string[], children: string[] = [], subnet = 'lab'): WireInterface {
  const links = addresses.map((ip_address, id) => ({
    id,
    mode: 'static',
    ip_address,
    subnet: { name: subnet },
  }));
  return {
    id: 1,
    name,
    type: 'physical',
    mac_address: null,
    vlan: null,
    children,
    links,
  } as unknown as WireInterface;
}
