import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { ClusterFile } from '../config/schema.ts';
import { writeAtomically } from '../state/atomic.ts';
import { isRunning } from '../state/process.ts';
import { readKept } from './kept.ts';

export type LabMachines = 'hosts' | 'simulated';

/** What a running lab tells other processes of itself. Holds the API key: mode 0600. */
export interface LabRecord {
  pid: number;
  /** From /proc, so that another process with the same pid is not taken for the lab. */
  startTicks: string | undefined;
  machines: LabMachines;
  count: number;
  timeScale: number;
  suite: string;
  /** `http://10.77.0.1:5240/MAAS` */
  url: string;
  apiKey: string;
  /** The programs to start in the place of ssh and ansible-playbook, where simulated machines go the whole road. */
  standIns?: { folder: string; gate: string };
  /** Settings that a cluster on this lab needs, below those of any cluster.yaml. */
  siteDefaults: ClusterFile;
  startedAt: string;
}

function recordFile(labDir: string): string {
  return path.join(labDir, 'lab.json');
}

/** The record of the lab in this folder, running or dead; undefined when there is none. */
export function readLabRecord(labDir: string): LabRecord | undefined {
  return readKept(recordFile(labDir)) as LabRecord | undefined;
}

export async function writeLabRecord(labDir: string, record: LabRecord): Promise<void> {
  await writeAtomically(recordFile(labDir), `${JSON.stringify(record, null, 2)}\n`);
}

export async function removeLabRecord(labDir: string): Promise<void> {
  await rm(recordFile(labDir), { force: true });
}

/** Whether the process that wrote the record still runs. */
export function isLabRunning(record: LabRecord): boolean {
  return isRunning(record);
}
