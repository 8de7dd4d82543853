import { expect, test } from 'vitest';
import type { ClusterNode } from '../cluster/kubernetes-api.ts';
import { systemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import type { KubernetesFacts } from './facts.ts';
import { isSetAsideAfterKubeadm, type Loss, verdictOf } from './replacement.ts';

function node(name: string, more: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name,
    uid: `uid of ${name}`,
    ready: false,
    roles: ['worker'],
    version: 'v1.36.2',
    kernel: '',
    internalIp: '10.0.0.2',
    podCidr: undefined,
    createdAt: '2026-01-01T00:00:00Z',
    unschedulable: false,
    ...more,
  };
}

function answers(...nodes: ClusterNode[]): KubernetesFacts {
  const byName = new Map(nodes.map(each => [each.name, each]));
  return { state: 'answers', version: 'v1.36.2', nodes: byName, addons: new Map() };
}

const first = node('node-01', { ready: true, internalIp: '10.0.0.1' });
const own = node('node-02');
const none: KubernetesFacts = { state: 'none' };
const away: KubernetesFacts = { state: 'unreachable', because: 'refused' };

function verdict(loss: Partial<Loss>, before: KubernetesFacts, now: KubernetesFacts): string {
  const machine = {
    id: systemId('abc123'),
    hostname: 'node-02',
    addresses: ['10.0.0.2'],
    annotations: {},
  } as unknown as Machine;
  const whole = {
    step: 'cluster.join-worker',
    role: 'worker',
    machine,
    wasMember: false,
    isFresh: false,
  } as const;
  const found = verdictOf({ ...whole, ...loss }, { before, now });
  if (!found.replace) return found.because;
  return found.node ? `delete ${found.node.uid}` : 'replace';
}

const ready = { step: 'cluster.ready' };
const fresh = { isFresh: true };

test.each<[string, Partial<Loss>, KubernetesFacts, KubernetesFacts, string | RegExp]>([
  ['it left no node', {}, answers(first), answers(first), 'replace'],
  ['its join made the node in this run', {}, answers(first), answers(first, own), 'delete uid of node-02'],
  [
    'its join made another node of the same name',
    {},
    answers(first, node('node-02', { uid: 'old', ready: true })),
    answers(first, own),
    'delete uid of node-02',
  ],
  ['an earlier join was cut off', {}, answers(first, own), answers(first, own), 'delete uid of node-02'],
  ['it was deployed in this run, as the cluster', fresh, none, answers(first, own), 'delete uid of node-02'],
  ['it never got Ready', { ...ready, ...fresh }, none, answers(first, own), 'delete uid of node-02'],
  [
    'its node was Ready before',
    { wasMember: true },
    answers(first, node('node-02', { ready: true })),
    answers(first, own),
    'its node was Ready before this run',
  ],
  [
    'its node was Ready before, and it was deployed anew',
    fresh,
    answers(first, node('node-02', { ready: true })),
    answers(first, own),
    'its node was Ready before this run',
  ],
  ['it was a member', { wasMember: true }, answers(first, own), answers(first, own), /was a member/],
  ['nobody could ask before', {}, away, answers(first, own), /nobody knows/],
  ['a cluster that nobody asked', {}, none, answers(first, own), /nobody knows/],
  [
    'the node is another machine',
    fresh,
    none,
    answers(first, node('node-02', { internalIp: '10.9.9.9' })),
    /10\.9\.9\.9, which is none/,
  ],
  ['the node is Ready', fresh, none, answers(first, node('node-02', { ready: true })), 'its node is Ready'],
  ['Kubernetes is away', fresh, none, away, /does not answer/],
  ['nobody is Ready', { ...ready, ...fresh }, none, answers(node('node-01'), own), /no other node is Ready/],
  ['it is a control plane', { role: 'control-plane' }, answers(first), answers(first), /etcd/],
])('a machine that failed once kubeadm had begun: %s', (_, loss, before, now, expected) => {
  expect(verdict(loss, before, now)).toMatch(expected);
});

test.each([
  ['cluster.join-worker: cluster.yml failed on node-02', true],
  ['prepare.machine: prepare.yml failed on node-02', false],
  ['hardware.deploy: node-02 did not deploy', false],
  ['', false],
])('set aside because of "%s"', (because, after) => {
  expect(isSetAsideAfterKubeadm({ annotations: { 'coldstart.set-aside': because } })).toBe(after);
});
