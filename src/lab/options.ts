import path from 'node:path';
import { writeAtomically } from '../state/atomic.ts';
import { readKept } from './kept.ts';
import type { LabMachines } from './record.ts';
import type { FleetMachine } from './region/options.ts';

/** What a lab is asked to be. */
export interface LabOptions {
  machines: LabMachines;
  /** How many machines: the first becomes the control plane, the rest workers. */
  count: number;
  /** Simulated machines live this many times faster than real ones. */
  timeScale: number;
  /** Simulated machines go the whole road, on stand-ins for what real ones have. */
  wholeRoad: boolean;
  /** Debian suite of the hosts' operating system. */
  suite: string;
  /** Folder with Kubernetes binaries and image archives to use instead of building or fetching them. */
  kubernetesFrom?: string;
}

/** The tags of 2018, so that nothing needs to be configured. */
const labTags = { controlPlane: 'k8s-master', worker: 'k8s-node' } as const;

/** The machines of a lab: `node-01` is the control plane. */
export function labFleet({ count }: Pick<LabOptions, 'count'>): FleetMachine[] {
  const digits = Math.max(2, String(count).length);
  return Array.from({ length: count }, (_, index) => ({
    hostname: `node-${String(index + 1).padStart(digits, '0')}`,
    mac: `52:54:00:c5:${hex(index >> 8)}:${hex(index & 0xff)}`,
    tags: [index === 0 ? labTags.controlPlane : labTags.worker],
    cpuCount: 4,
    memoryMib: 8192,
    diskBytes: 120e9,
  }));
}

function hex(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

/** The options of the lab in this folder, running or not; undefined when there is none. */
export function readLabOptions(labDir: string): LabOptions | undefined {
  return readKept(optionsFile(labDir)) as LabOptions | undefined;
}

export async function writeLabOptions(labDir: string, options: LabOptions): Promise<void> {
  await writeAtomically(optionsFile(labDir), `${JSON.stringify(options)}\n`);
}

function optionsFile(labDir: string): string {
  return path.join(labDir, 'options.json');
}
