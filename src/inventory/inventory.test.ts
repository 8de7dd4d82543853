import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SystemId, systemId } from '../core/ids.ts';
import { type Machine, machineFromWire } from '../maas/machine.ts';
import { groupName } from './groups.ts';
import {
  type AnsibleInventory,
  buildInventory,
  hostVars,
  type InventoryInput,
  type InventoryRole,
} from './inventory.ts';

const ssh = {
  userOf: () => 'ubuntu',
  privateKeyFile: '/keys/id',
  identityOptions: ({ hostname }: { hostname: string }) => [
    '-o',
    'UserKnownHostsFile="/state/known hosts"',
    '-o',
    `HostKeyAlias=${hostname}`,
  ],
};

function machine(id: string, fields: object = {}): Machine {
  const address = `10.0.0.${(Number(id.replace(/\D/g, '')) % 250) + 1}`;
  const up = { status: 6, status_name: 'Deployed', power_state: 'on', ip_addresses: [address] };
  return machineFromWire({ system_id: id, hostname: `host-${id}`, ...up, ...fields });
}

function inventoryOf(
  machines: Machine[],
  roles: Record<string, InventoryRole>,
  more: Partial<InventoryInput> = {},
) {
  const byId = new Map(
    Object.entries(roles).map(([id, role]): [SystemId, InventoryRole] => [systemId(id), role]),
  );
  return buildInventory({ machines, roles: byId, variables: { cluster_name: 'lab' }, ssh, ...more });
}

describe('buildInventory', () => {
  it('has roles, the names of 2018, and a group for each tag, zone and pool', () => {
    const tagged = { tag_names: ['k8s-node', 'ssd'], zone: { name: 'rack 1' }, pool: { name: 'lab' } };
    const inventory = inventoryOf(
      [machine('n3', tagged), machine('n2', tagged), machine('n1'), machine('n4')],
      {
        n1: 'control-plane',
        n2: 'worker',
        n3: 'worker',
      },
    );
    const { _meta, ...groups } = inventory;
    expect(groups).toEqual({
      all: {
        children: [
          'control_plane',
          'workers',
          'master',
          'other',
          'pool_default',
          'pool_lab',
          'tag_k8s_node',
          'tag_ssd',
          'zone_default',
          'zone_rack_1',
        ],
        vars: { cluster_name: 'lab', first_control_plane: 'host-n1' },
      },
      control_plane: { hosts: ['host-n1'] },
      workers: { hosts: ['host-n2', 'host-n3'] },
      master: { children: ['control_plane'] },
      other: { children: ['workers'] },
      tag_k8s_node: { hosts: ['host-n2', 'host-n3'] },
      tag_ssd: { hosts: ['host-n2', 'host-n3'] },
      zone_default: { hosts: ['host-n1'] },
      zone_rack_1: { hosts: ['host-n2', 'host-n3'] },
      pool_default: { hosts: ['host-n1'] },
      pool_lab: { hosts: ['host-n2', 'host-n3'] },
    });
    expect(Object.keys(_meta.hostvars)).toEqual(['host-n1', 'host-n2', 'host-n3']);
  });

  it('gives each host its connection, node name and facts', () => {
    const inventory = inventoryOf(
      [
        machine('n1', {
          fqdn: 'host-n1.maas',
          osystem: 'ubuntu',
          distro_series: 'jammy',
          cpu_count: 8,
          memory: 32768,
        }),
      ],
      { n1: 'worker' },
    );
    expect(hostVars(inventory, 'host-n1')).toMatchObject({
      ansible_host: '10.0.0.2',
      ansible_user: 'ubuntu',
      ansible_ssh_private_key_file: '/keys/id',
      ansible_ssh_common_args: `-o 'UserKnownHostsFile="/state/known hosts"' -o HostKeyAlias=host-n1`,
      node_name: 'host-n1',
      node_address: '10.0.0.2',
      maas: {
        system_id: 'n1',
        fqdn: 'host-n1.maas',
        zone: 'default',
        pool: 'default',
        tags: [],
        cpu_count: 8,
        memory_mib: 32768,
        osystem: 'ubuntu',
        distro_series: 'jammy',
      },
    });
    expect(hostVars(inventory, 'nobody')).toBeUndefined();
    expect(hostVars(inventory, 'constructor')).toBeUndefined();
  });

  it.each([
    ['deployed and on', {}, true],
    ['with power that MAAS cannot see', { power_state: 'unknown' }, true],
    ['powered off', { power_state: 'off' }, false],
    ['deploying', { status: 9 }, false],
    ['ready, with the lease of a past boot', { status: 4 }, false],
    ['without address', { ip_addresses: [] }, false],
  ])('a machine %s: host is %#', (_, fields, isHost) => {
    const inventory = inventoryOf([machine('n1', fields)], { n1: 'worker' });
    expect(inventory.workers.hosts).toEqual(isHost ? ['host-n1'] : []);
  });

  it('takes other machines when asked to', () => {
    const allocated = machine('n1', { status: 10 });
    expect(inventoryOf([allocated], { n1: 'worker' }, { include: () => true }).workers.hosts).toEqual([
      'host-n1',
    ]);
  });

  it.each([
    [undefined, 'host-n1'],
    ['n2', 'host-n2'],
    ['n9', undefined],
  ])('first control plane %s is %s', (wanted, name) => {
    const roles = { n1: 'control-plane', n2: 'control-plane' } as const;
    const first = wanted === undefined ? {} : { firstControlPlane: systemId(wanted) };
    const inventory = inventoryOf([machine('n2'), machine('n1')], roles, first);
    expect(inventory.all.vars['first_control_plane']).toBe(name);
  });

  it('takes templates in texts from firmware apart, and leaves those of the operator', () => {
    const wicked = { hardware_info: { system_vendor: `{{ lookup('pipe', 'id') }} {%x%} {{{` } };
    const inventory = inventoryOf(
      [machine('n1', wicked)],
      { n1: 'worker' },
      { variables: { dns: '{{ x }}' } },
    );
    const { _meta } = inventory;
    expect(JSON.stringify(_meta)).not.toMatch(/\{\{ |\{%|\{\{\{/);
    expect(inventory.all.vars['dns']).toBe('{{ x }}');
  });

  it('never holds power parameters', () => {
    const power = { power_parameters: { power_pass: 'hunter2' }, power_type: 'ipmi' };
    expect(JSON.stringify(inventoryOf([machine('n1', power)], { n1: 'worker' }))).not.toContain('hunter2');
  });
});

describe('any inventory', () => {
  const fleet = fc.uniqueArray(
    fc.record({
      number: fc.integer({ min: 0, max: 9999 }),
      hostname: fc.stringMatching(/^[a-z][a-z0-9-]{0,12}$/),
      tags: fc.array(fc.stringMatching(/^[\w.-]{1,9}$/), { maxLength: 4 }),
      zone: fc.string({ minLength: 1, maxLength: 9, unit: 'grapheme' }),
      status: fc.constantFrom(4, 6, 9),
      role: fc.constantFrom<InventoryRole | undefined>('control-plane', 'worker', undefined),
    }),
    { maxLength: 12, selector: ({ hostname }) => hostname },
  );

  it('has each host in one role, valid group names, no unknown host, and survives JSON', () => {
    fc.assert(
      fc.property(fleet, drawn => {
        const machines = drawn.map(({ number, hostname, tags, zone, status }) =>
          machine(`m${number}${hostname}`, { hostname, tag_names: tags, zone: { name: zone }, status }),
        );
        const roles = new Map(
          drawn.flatMap(({ role }, i) => (role && machines[i] ? [[machines[i].id, role]] : [])),
        );
        const inventory = buildInventory({ machines, roles, variables: {}, ssh });
        const { _meta } = inventory;
        const hosts = Object.keys(_meta.hostvars).sort();
        expect([...inventory.control_plane.hosts, ...inventory.workers.hosts].sort()).toEqual(hosts);
        for (const [name, group] of Object.entries(inventory).filter(([name]) => name !== '_meta')) {
          expect(name).toMatch(/^[A-Za-z_]\w*$/);
          const members = (group as { hosts?: string[] }).hosts ?? [];
          expect(members.every(member => hosts.includes(member))).toBe(true);
          expect(new Set(members).size).toBe(members.length);
        }
        expect(JSON.parse(JSON.stringify(inventory))).toEqual(inventory);
      }),
    );
  });

  it.each([
    ['k8s-node', 'tag_k8s_node'],
    ['1st', 'tag_1st'],
    ['Zürich süd', 'tag_Z_rich_s_d'],
    ['a.b', 'tag_a_b'],
  ])('calls the group of the tag %s %s', (tag, name) => {
    expect(groupName('tag', tag)).toBe(name);
  });

  it('of 1,000 machines takes a blink', () => {
    const machines = Array.from({ length: 1000 }, (_, i) => machine(`n${i}`, { tag_names: ['a', 'b', 'c'] }));
    const roles = new Map(machines.map(({ id }) => [id, 'worker' as const]));
    const start = process.cpuUsage();
    JSON.stringify(buildInventory({ machines, roles, variables: {}, ssh }));
    expect(process.cpuUsage(start).user / 1000).toBeLessThan(300);
  });
});

const hasAnsible = spawnSync('ansible-inventory', ['--version'], { stdio: 'ignore' }).status === 0;

describe.skipIf(!hasAnsible)('ansible-inventory itself', () => {
  it('reads it as a dynamic inventory, without a warning', { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), 'coldstart-inventory-'));
    try {
      const tagged = { tag_names: ['k8s-node', '9'], zone: { name: 'Zürich' } };
      const machines = [machine('n1'), machine('n2', tagged), machine('n3', tagged)];
      const inventory = inventoryOf(machines, { n1: 'control-plane', n2: 'worker', n3: 'worker' });
      const program = join(folder, 'inventory');
      writeFileSync(program, `#!/bin/sh\ncat <<'END'\n${JSON.stringify(inventory)}\nEND\n`, { mode: 0o755 });
      const run = spawnSync('ansible-inventory', ['-i', program, '--list'], {
        encoding: 'utf8',
        cwd: folder,
        env: { ...process.env, ANSIBLE_HOME: folder, ANSIBLE_LOCAL_TEMP: folder },
      });
      expect(run.stderr).not.toMatch(/warning|error/i);
      const read = JSON.parse(run.stdout) as AnsibleInventory;
      const { _meta } = read;
      expect(_meta.hostvars['host-n2']).toMatchObject({
        ...hostVars(inventory, 'host-n2'),
        cluster_name: 'lab',
        first_control_plane: 'host-n1',
      });
      expect(read.master.children).toEqual(['control_plane']);
      expect(read['tag_k8s_node']).toEqual({ hosts: ['host-n2', 'host-n3'] });
      expect(
        execFileSync('ansible', ['-i', program, 'zone_Z_rich:&other', '--list-hosts'], {
          encoding: 'utf8',
          cwd: folder,
        }),
      ).toContain('hosts (2)');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
