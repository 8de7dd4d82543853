import type { ClusterConfig } from '../config/schema.ts';
import { systemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { machineStatuses } from '../maas/status.ts';
import { annotationKeys } from './facts.ts';

/** For tests: the settings that decide which machines are in scope. */
export const garage = {
  name: 'garage',
  machines: {
    controlPlane: { tag: 'k8s-master' },
    workers: { tag: 'k8s-node' },
    excludeTag: 'hands-off',
    markBroken: false,
  },
  os: {},
  ssh: { authorizedKeys: [] },
} as unknown as ClusterConfig;

/** For tests: a worker of that cluster, deployed by the user `me`. */
export function workerLike(hostname: string, more: Partial<Machine> = {}): Machine {
  const status = more.status ?? 'deployed';
  return {
    id: systemId(hostname),
    hostname,
    fqdn: `${hostname}.maas`,
    status,
    statusName: status === 'unknown' ? 'Unknown' : machineStatuses[status].name,
    statusMessage: '',
    owner: 'me',
    locked: false,
    powerState: 'on',
    tags: ['k8s-node'],
    zone: 'default',
    pool: 'default',
    address: '10.0.0.2',
    os: { system: 'debian', series: 'bookworm' },
    annotations: { [annotationKeys.cluster]: 'garage' },
    ...more,
  } as Machine;
}
