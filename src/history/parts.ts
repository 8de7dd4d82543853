import { type DeploymentPart, deploymentParts } from '../journal/events.ts';

/** What a machine's time goes into: a step id, or `hardware.deploy/PART` where the parts of a deployment are known. */
export type Part = string;

export function deploymentPart(part: DeploymentPart): Part {
  return `hardware.deploy/${part}`;
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
  'hardware.power-on': 'power-on',
  'hardware.answer': 'first SSH answer',
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
  ...deploymentParts.map(deploymentPart),
  'hardware.power-on',
  'hardware.answer',
  'prepare.machine',
  'cluster.init',
  'configure.cluster',
  'cluster.join-control-plane',
  'cluster.join-worker',
  'cluster.ready',
  'configure.addon',
  'configure.remove-addon',
];
