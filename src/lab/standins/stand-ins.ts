import path from 'node:path';
import { writeAtomically } from '../../state/atomic.ts';
import type { FaultKindOf } from '../faults/kinds.ts';
import type { DriverMachine } from '../machines/driver.ts';
import type { SystemEvents } from '../machines/simulated/driver.ts';
import { assetsDir } from '../system/assets.ts';
import { ansibleProgram } from './ansible.ts';
import { openClusters } from './clusters.ts';
import { openGate } from './gate.ts';
import { type ClusterRecord, openMemory, type SystemRecord } from './memory.ts';
import { sshProgram } from './ssh.ts';
import { createSystems } from './systems.ts';

export type SystemFault = FaultKindOf<'system'>;

export interface StandInOptions {
  /** Folder of their state and of the gate's file. */
  stateDir: string;
  seed: string;
  /** How many times faster than real. */
  timeScale: number;
  /** Whether a fault strikes a machine now. */
  strikes(kind: SystemFault, machine: DriverMachine): boolean;
  log(text: string): void;
}

/** Where the programs are that coldstart starts in the place of the real ones. */
export interface StandInPrograms {
  /** First in PATH. */
  folder: string;
  /** For COLDSTART_LAB_GATE: the file that tells them how to reach the lab. */
  gate: string;
}

export interface StandIns {
  systems: SystemEvents;
  programs: StandInPrograms;
  /** What they are and know, now. */
  look(): { systems: SystemRecord[]; clusters: ClusterRecord[] };
  close(): Promise<void>;
}

/**
 * Everything that simulated machines lack for the road beyond the hardware stage: operating systems that answer, Ansible
 * that prepares them, and a Kubernetes API. coldstart itself does not know the difference.
 */
export async function openStandIns(options: StandInOptions): Promise<StandIns> {
  const { stateDir, seed, timeScale, log } = options;
  const memory = openMemory(stateDir);
  const systems = createSystems({ memory, seed, timeScale });
  const strikes = (kind: SystemFault, system: SystemRecord): boolean => options.strikes(kind, system);
  const neverReady = (system: SystemRecord): boolean => strikes('never-ready', system);
  const clusters = await openClusters({ memory, systems, neverReady, log });
  const gate = path.join(stateDir, 'gate');
  const opened = await openGate(gate, {
    ssh: sshProgram({ systems, strikes }),
    'ansible-playbook': ansibleProgram({
      systems,
      clusters,
      strikes,
      writeHere: (file, text) => writeAtomically(file, text),
    }),
  });
  return {
    systems: {
      ...systems,
      wiped(id) {
        systems.wiped(id);
        clusters.sweep();
      },
    },
    programs: { folder: path.join(assetsDir(), 'standins'), gate },
    look: () => ({ systems: Object.values(memory.systems), clusters: Object.values(memory.clusters) }),
    async close() {
      await opened.close();
      clusters.close();
      systems.close();
      memory.close();
    },
  };
}
