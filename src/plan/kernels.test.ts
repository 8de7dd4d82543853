import { expect, test } from 'vitest';
import { furnish } from '../addons/catalogue/site.fixture.ts';
import type { ClusterNode } from '../cluster/kubernetes-api.ts';
import type { KubernetesFacts } from './facts.ts';
import { oldKernels } from './kernels.ts';

const kernel = { from: '5.10', for: 'its programs in the kernel' };

/** Machines n1, n2 … that have joined, with nodes that run these kernels. */
function judge(kernels: readonly string[], annotations = { 'coldstart.joined': 'garage' }) {
  const names = kernels.map((_, index) => `n${index + 1}`);
  const facts: KubernetesFacts = {
    state: 'answers',
    version: 'v1.36.0',
    nodes: new Map(kernels.map((runs, i) => [`n${i + 1}`, { kernel: runs } as ClusterNode])),
    addons: new Map(),
  };
  const machines = names.map(hostname => ({ hostname, annotations }));
  return oldKernels({ kernel }, machines, facts);
}

test.each([['5.10.0-35-amd64'], ['5.15.0-139-generic'], ['6.1.0'], ['10.0-rc1'], ['5.10+'], [''], ['mine']])(
  '%j is good enough, or cannot be told',
  runs => {
    expect(judge([runs])).toBeUndefined();
  },
);

test.each([['5.4.0-216-generic'], ['5.9.16'], ['4.19.0-27-amd64'], ['3.10.0']])('%j is too old', runs => {
  expect(judge(['6.1.0', runs])).toBe(
    `needs Linux 5.10 or newer for its programs in the kernel, and n2 runs ${runs}`,
  );
});

test('of many old nodes some are named', () => {
  expect(judge(Array.from({ length: 7 }, () => '5.4.0'))).toMatch(/n5 runs 5\.4\.0 and 2 more are too old$/);
});

test('the node of a machine that has not joined tells of a system that is gone', () => {
  expect(judge(['5.4.0'], {} as never)).toBeUndefined();
});

test('an add-on without such a need, and a cluster that nobody can ask, are let through', () => {
  const machines = [{ hostname: 'n1', annotations: { 'coldstart.joined': 'garage' } }];
  expect(oldKernels({ kernel }, machines, { state: 'unknown' })).toBeUndefined();
  expect(furnish({ metallb: { addresses: ['10.0.0.1'] } })['metallb']?.kernel).toBeUndefined();
});

test('Cilium has one in the version that is pinned, and nobody knows of others', () => {
  expect(furnish({ cilium: true })['cilium']?.kernel?.from).toBe('5.10');
  expect(furnish({ cilium: { version: '1.15.0' } })['cilium']?.kernel).toBeUndefined();
});
