import type { Part } from '../history/parts.ts';

/**
 * Colours of parts, from the palette of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with every kind of
 * colour vision can tell apart. The parts of a deployment are one blue that grows lighter. `dark` says that text on it is white.
 */
const colours: Readonly<Record<Part, { fill: string; dark: boolean }>> = {
  'hardware.release': { fill: '#6b6b6b', dark: true },
  'hardware.allocate': { fill: '#8c8c8c', dark: true },
  'hardware.deploy': { fill: '#0072b2', dark: true },
  'hardware.deploy/post': { fill: '#00406b', dark: true },
  'hardware.deploy/pxe': { fill: '#005b92', dark: true },
  'hardware.deploy/ephemeral': { fill: '#0072b2', dark: true },
  'hardware.deploy/storage': { fill: '#2f8dc5', dark: true },
  'hardware.deploy/image': { fill: '#56b4e9', dark: false },
  'hardware.deploy/system': { fill: '#85c8ee', dark: false },
  'hardware.deploy/boot': { fill: '#aedbf4', dark: false },
  'hardware.power-on': { fill: '#00406b', dark: true },
  'hardware.answer': { fill: '#d3ecfa', dark: false },
  'prepare.machine': { fill: '#e69f00', dark: false },
  'cluster.init': { fill: '#006b50', dark: true },
  'cluster.join-control-plane': { fill: '#008a67', dark: true },
  'cluster.join-worker': { fill: '#009e73', dark: true },
  'cluster.ready': { fill: '#8ad3bd', dark: false },
  'configure.cluster': { fill: '#cc79a7', dark: false },
  'configure.addon': { fill: '#e0b0cb', dark: false },
  'configure.remove-addon': { fill: '#a55a84', dark: true },
};

export function colourOf(part: Part): { fill: string; dark: boolean } {
  return colours[part] ?? { fill: '#8c8c8c', dark: true };
}
