import { cloudInitStages, deploymentParts, type Mark } from '../journal/events.ts';

/** What a machine's time goes into: a step id, or `STEP/PART` where the parts of a step are known. */
export type Part = string;

export function partOf(step: string, part: Mark['part']): Part {
  return `${step}/${part}`;
}

/** Steps that have parts, each with those that it may have, in their order. */
export const partsOfSteps: Readonly<Record<string, readonly Mark['part'][]>> = {
  'hardware.deploy': [...deploymentParts, 'network'],
  'hardware.answer': cloudInitStages,
};

function partsOf(step: string): Part[] {
  return (partsOfSteps[step] ?? []).map(part => partOf(step, part));
}

/** A part in the words of the field, such as `POST` or `kubeadm join`. */
export function partName(part: Part): string {
  return names[part] ?? part;
}

const names: Readonly<Record<Part, string>> = {
  'hardware.release': 'release',
  'hardware.allocate': 'allocation',
  'hardware.deploy': 'deployment',
  'hardware.deploy/post': 'power-on and POST',
  'hardware.deploy/pxe': 'PXE boot',
  'hardware.deploy/ephemeral': 'ephemeral system',
  'hardware.deploy/storage': 'storage layout',
  'hardware.deploy/image': 'image',
  'hardware.deploy/system': 'configuration of the system',
  'hardware.deploy/boot': 'first boot',
  'hardware.deploy/network': 'cloud-init until Deployed',
  'hardware.power-on': 'power-on',
  'hardware.answer': 'first SSH answer',
  'hardware.answer/network': 'cloud-init, network stage',
  'hardware.answer/config': 'cloud-init, config stage',
  'hardware.answer/final': 'cloud-init, final stage',
  'prepare.machine': 'preparation',
  'cluster.init': 'kubeadm init',
  'cluster.join-control-plane': 'kubeadm join',
  'cluster.join-worker': 'kubeadm join',
  'cluster.ready': 'node Ready',
  'configure.cluster': 'network and kubeconfig',
  'configure.addon': 'add-on',
  'configure.remove-addon': 'removal of the add-on',
};

/** Every part, in the order of the road. */
export const partsInOrder: readonly Part[] = [
  'hardware.release',
  'hardware.allocate',
  'hardware.deploy',
  ...partsOf('hardware.deploy'),
  'hardware.power-on',
  'hardware.answer',
  ...partsOf('hardware.answer'),
  'prepare.machine',
  'cluster.init',
  'configure.cluster',
  'cluster.join-control-plane',
  'cluster.join-worker',
  'cluster.ready',
  'configure.addon',
  'configure.remove-addon',
];
