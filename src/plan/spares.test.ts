import { expect, test } from 'vitest';
import { systemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { sparesOf } from './spares.ts';

const joined = { 'coldstart.cluster': 'garage', 'coldstart.joined': 'garage' };
const begun = { 'coldstart.cluster': 'garage' };
const aside = { ...begun, 'coldstart.set-aside': 'hardware.deploy: no' };

function spares(
  count: number | undefined,
  ...machines: [Machine['status'], Machine['annotations']][]
): string {
  const config = {
    name: 'garage',
    machines: {
      controlPlane: { tag: 'k8s-master' },
      workers: { tag: 'k8s-node', ...(count === undefined ? {} : { count }) },
      excludeTag: 'coldstart-never',
      markBroken: false,
    },
  };
  const usable = machines.map(([status, annotations], index) => ({
    machine: { id: systemId(`n${index + 1}`), status, annotations } as Machine,
    role: 'worker' as const,
  }));
  return [...sparesOf(config, usable)].sort().join(' ');
}

test.each<[string, number | undefined, [Machine['status'], Machine['annotations']][], string]>([
  [
    'without a count nobody is one',
    undefined,
    [
      ['ready', {}],
      ['ready', {}],
    ],
    '',
  ],
  [
    'the last ones by name',
    1,
    [
      ['ready', {}],
      ['ready', {}],
      ['ready', {}],
    ],
    'n2 n3',
  ],
  [
    'members are preferred over free ones',
    1,
    [
      ['ready', {}],
      ['deployed', joined],
    ],
    'n1',
  ],
  [
    'more members than wanted stay',
    1,
    [
      ['deployed', joined],
      ['deployed', begun],
    ],
    '',
  ],
  [
    'what is deployed already is preferred over free ones',
    1,
    [
      ['ready', {}],
      ['deployed', {}],
    ],
    'n1',
  ],
  [
    'one that failed is used last',
    1,
    [
      ['failed_deployment', begun],
      ['ready', {}],
    ],
    'n1',
  ],
  [
    'one that was set aside comes after it',
    1,
    [
      ['deployed', aside],
      ['failed_deployment', begun],
    ],
    'n1',
  ],
  ['one that was set aside is used when nothing else is left', 1, [['deployed', aside]], ''],
])('spares: %s', (_, count, machines, expected) => {
  expect(spares(count, ...machines)).toBe(expected);
});
