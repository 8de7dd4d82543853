import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ClusterConfig } from '../config/schema.ts';
import { systemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { type MachineStatus, machineStatuses } from '../maas/status.ts';
import { order } from '../steps/order.ts';
import type { Known } from '../steps/ports.ts';
import type { Intent } from './assess.ts';
import { unknownInCircuits } from './circuits.ts';
import { annotationKeys, type Facts } from './facts.ts';
import { type EraseKind, isEmpty, planCluster } from './plan.ts';

const scope: Pick<ClusterConfig, 'name' | 'machines' | 'kubernetes' | 'power'> = {
  name: 'garage',
  machines: {
    controlPlane: { tag: 'k8s-master' },
    workers: { tag: 'k8s-node' },
    excludeTag: 'hands-off',
    markBroken: false,
  },
  kubernetes: { version: '1.36' } as ClusterConfig['kubernetes'],
  power: { circuits: {} },
};

function machine(hostname: string, more: Partial<Machine> = {}): Machine {
  const status = more.status ?? 'ready';
  return {
    id: systemId(hostname),
    hostname,
    status,
    statusName: status === 'unknown' ? 'Unknown' : machineStatuses[status].name,
    statusMessage: '',
    owner: status === 'ready' ? undefined : 'me',
    locked: false,
    powerState: status === 'deployed' ? 'on' : 'off',
    tags: ['k8s-node'],
    zone: 'default',
    pool: 'default',
    annotations: {},
    ...more,
  } as Machine;
}

const master = { tags: ['k8s-master'] };
const joined = { [annotationKeys.cluster]: 'garage', [annotationKeys.joined]: 'garage' };

function plan(
  machines: Machine[],
  intent: Intent = 'up',
  config = scope,
  erase?: EraseKind,
  goesOnSince?: number,
) {
  const facts: Facts = {
    user: 'me',
    machines: new Map(machines.map(each => [each.id, each])),
    kubernetes: { state: 'unknown' },
  };
  const known: Known = {
    settings: { cluster: config.name, preparedHash: 'p', configuredHash: 'c' },
    facts: {
      machine: id => facts.machines.get(id) as Machine,
      kubernetes: () => facts.kubernetes,
    },
  };
  const wish = { ...(erase ? { erase } : {}), goesOnSince };
  return planCluster({ intent, config, facts, order, known, addons: [], ...wish });
}

function todo(planned: ReturnType<typeof plan>): Record<string, string> {
  return Object.fromEntries(
    planned.machines.map(({ target, steps }) => [
      target.name,
      steps.flatMap(({ step, done }) => (done ? [] : [step.id.replace(/^\w+\./, '')])).join(' '),
    ]),
  );
}

test('free machines are allocated, deployed, prepared and joined; nothing is wiped', () => {
  const planned = plan([machine('n1', master), machine('n2')]);
  expect(planned.problems).toEqual([]);
  expect(todo(planned)).toEqual({
    n1: 'allocate deploy power-on answer machine init cluster ready',
    n2: 'allocate deploy power-on answer machine join-worker ready',
  });
  expect(planned.machines.every(({ target }) => !target.wipe)).toBe(true);
});

test('a machine that this user has deployed is adopted, not deployed again', () => {
  const planned = plan([machine('n1', { ...master, status: 'deployed' })]);
  expect(todo(planned)['n1']).toBe('allocate answer machine init cluster ready');
  expect(planned.machines[0]?.target.wipe).toBe(false);
});

const anew = 'release allocate deploy';
const ours = { 'coldstart.cluster': 'garage', 'coldstart.role': 'worker' };
const since = Date.parse('2026-11-23T02:00:00Z');
const fresh = { ...ours, 'coldstart.deployed': '2026-11-23T02:00:01.000Z' };

test.each<[string, Partial<Machine>, string]>([
  ['deployed', { status: 'deployed', annotations: fresh }, ''],
  ['being deployed', { status: 'deploying', annotations: fresh }, 'deploy'],
  ['about to be deployed', { status: 'allocated', annotations: fresh }, 'deploy'],
  ['failed', { status: 'failed_deployment', annotations: fresh }, anew],
  [
    'deployed before it',
    { status: 'deployed', annotations: { ...fresh, 'coldstart.deployed': '2026-11-23T01:59:59.999Z' } },
    anew,
  ],
  ['deployed by somebody else', { status: 'deployed', annotations: ours }, anew],
  ['in use since', { status: 'deployed', annotations: { ...fresh, 'coldstart.prepared': 'p' } }, anew],
  [
    'in the cluster since',
    { status: 'deployed', annotations: { ...fresh, 'coldstart.joined': 'garage' } },
    anew,
  ],
  ['free', { status: 'ready' }, 'allocate deploy'],
])('a reset that goes on with an unfinished one, of a machine that is %s', (_, more, expected) => {
  const [found] = plan([machine('n1', more)], 'reset', scope, undefined, since).machines;
  const steps = found?.steps.flatMap(({ step, done }) => (done ? [] : [step.id.replace('hardware.', '')]));
  expect(steps?.join(' ')).toBe(expected);
  expect(plan([machine('n1', more)], 'reset').machines[0]?.target.wipe).toBe(more.status !== 'ready');
});

test.each<[string, Partial<Machine>, string]>([
  ['another owner', { status: 'deployed', owner: 'joe' }, 'belongs to the MAAS user joe'],
  ['a lock', { locked: true }, 'is locked in MAAS'],
  ['a never-touch tag', { tags: ['k8s-node', 'hands-off'] }, 'carries the tag hands-off'],
  [
    'another cluster',
    { status: 'deployed', annotations: { 'coldstart.cluster': 'attic' } },
    'belongs to the cluster attic',
  ],
  ['a broken machine', { status: 'broken' }, 'is Broken, which is neither free nor deployed'],
  [
    "a failure that is not coldstart's",
    { status: 'failed_deployment' },
    'failed a deployment that coldstart did not start',
  ],
])('%s keeps a machine out of the plan', (_, more, reason) => {
  const planned = plan([machine('n1', master), machine('n2', more)]);
  expect(planned.machines.map(({ target }) => target.name)).toEqual(['n1']);
  expect(planned.refused.map(({ refused }) => refused)).toEqual([expect.stringContaining(reason)]);
});

test.each<[string, Machine[], string]>([
  ['no tagged machine', [], 'no machine in MAAS carries the tag k8s-master or k8s-node'],
  ['no control plane', [machine('n1')], 'no machine carries the tag k8s-master'],
  [
    'two roles on one machine',
    [machine('n1', { tags: ['k8s-master', 'k8s-node'] })],
    'a machine has one role',
  ],
  ['no usable control plane', [machine('n1', { ...master, locked: true })], 'n1 is locked in MAAS'],
  [
    'two control planes without an endpoint',
    [machine('n1', master), machine('n2', master)],
    'need kubernetes.endpoint',
  ],
  [
    'workers of a cluster without control plane',
    [machine('n1', master), machine('n2', { status: 'deployed', annotations: joined })],
    'n2 joined a cluster garage that has no control plane any more',
  ],
])('a problem before anything is touched: %s', (_, machines, reason) => {
  expect(plan(machines).problems).toEqual([expect.stringContaining(reason)]);
});

test('the first control plane stays the first when one with a smaller name joins the fleet', () => {
  const config = { ...scope, kubernetes: { ...scope.kubernetes, endpoint: 'k8s.example:6443' } };
  const planned = plan(
    [machine('a-new', master), machine('b-old', { ...master, status: 'deployed', annotations: joined })],
    'up',
    config,
  );
  expect(planned.machines.find(({ target }) => target.first)?.target.name).toBe('b-old');
});

test('reset releases and deploys, and what was done before counts for nothing', () => {
  const planned = plan(
    [machine('n1', { ...master, status: 'deployed', annotations: joined }), machine('n2')],
    'reset',
  );
  expect(todo(planned)).toEqual({ n1: 'release allocate deploy', n2: 'allocate deploy' });
  expect(planned.machines.map(({ target }) => target.wipe)).toEqual([true, false]);
});

test('a machine knows the circuit that it hangs on, and names that no machine has are found', () => {
  const power = { circuits: { a: { machines: ['N1', 'n9'], atOnce: 2, gapSeconds: 1.5 } } };
  const config = { ...scope, power };
  const fleet = [machine('n1', master), machine('n2')];
  expect(plan(fleet, 'up', config).machines.map(({ target }) => target.circuit)).toEqual([
    { name: 'circuit a', atOnce: 2, gapMs: 1500 },
    undefined,
  ]);
  const machines = new Map(fleet.map(each => [each.id, each]));
  expect(unknownInCircuits(config, { machines })).toEqual([
    { path: 'power.circuits.a.machines.1', name: 'n9' },
  ]);
});

test('what is erased says how, and a failed erasure or release is repeated by the commands that release', () => {
  const failed = [
    machine('n1', { ...master, status: 'failed_disk_erasing' }),
    machine('n2', { status: 'failed_releasing' }),
    machine('n3'),
  ];
  for (const intent of ['reset', 'release'] as const) {
    const erased = plan(failed, intent, scope, 'quick').machines.map(({ target }) => target.erase);
    expect(erased).toEqual(intent === 'reset' ? ['quick', 'quick', undefined] : ['quick', 'quick']);
  }
  expect(plan(failed).refused.map(({ machine: { hostname } }) => hostname)).toEqual(['n1', 'n2']);
});

test('release leaves free machines alone and needs no control plane', () => {
  const planned = plan([machine('n1', { status: 'deployed' }), machine('n2')], 'release');
  expect(todo(planned)).toEqual({ n1: 'release' });
  expect(isEmpty(plan([machine('n2')], 'release'))).toBe(true);
});

test('whatever the fleet: nothing out of scope is ever in the plan, and up wipes only its own failed deployments', () => {
  const statuses = Object.keys(machineStatuses) as MachineStatus[];
  const anyMachine = fc.record({
    status: fc.constantFrom(...statuses),
    owner: fc.constantFrom(undefined, 'me', 'joe'),
    locked: fc.boolean(),
    tags: fc.subarray(['k8s-master', 'k8s-node', 'hands-off', 'gpu']),
    pool: fc.constantFrom('garage', 'office'),
    zone: fc.constantFrom('rack-1', 'rack-2'),
    annotations: fc.constantFrom(
      {},
      joined,
      { 'coldstart.cluster': 'garage' },
      { 'coldstart.cluster': 'attic' },
    ),
  });
  fc.assert(
    fc.property(
      fc.array(anyMachine, { maxLength: 6 }),
      fc.constantFrom<Intent>('up', 'reset', 'release'),
      (fleet, intent) => {
        const planned = plan(
          fleet.map((more, index) => machine(`n${index}`, more)),
          intent,
          { ...scope, machines: { ...scope.machines, pool: 'garage', zone: 'rack-1' } },
        );
        for (const { machine: each, target } of planned.machines) {
          expect(each.owner).not.toBe('joe');
          expect(each.locked).toBe(false);
          expect(each.tags).not.toContain('hands-off');
          expect([each.pool, each.zone]).toEqual(['garage', 'rack-1']);
          expect(each.annotations[annotationKeys.cluster] ?? 'garage').toBe('garage');
          expect(intent !== 'up' || !target.wipe || each.status === 'failed_deployment').toBe(true);
        }
      },
    ),
    { numRuns: 10_000 },
  );
});
