import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readJournal } from '../../src/journal/file.ts';
import type { HostsLab } from './hosts-lab.ts';
import { lastOf, type Milestone, type Road } from './road.ts';

const milestoneOf: Readonly<Record<string, Milestone>> = {
  'hardware.deploy': 'deployed',
  'hardware.answer': 'answers',
  'prepare.machine': 'prepared',
  'cluster.init': 'member',
  'cluster.join-worker': 'member',
};

/** `coldstart up --lab`, timed by its own journal. Releases the machines in the end. */
export async function byColdstart(lab: HostsLab): Promise<Road> {
  const startedAtMs = Date.now();
  await lab.run(['up', '--lab', '--yes', '-o', 'json']);
  const ended = { milestone: 'ready', atMs: Date.now() } as const;
  const clusterDir = path.join(lab.home, 'clusters', 'lab');
  const run = (await readdir(path.join(clusterDir, 'runs'))).sort().at(-1) ?? '';
  const runDir = path.join(clusterDir, 'runs', run);
  const came = (await readJournal(runDir)).flatMap(entry => {
    const milestone = entry.type === 'step.done' ? milestoneOf[entry.step] : undefined;
    return milestone === undefined ? [] : [{ milestone, atMs: entry.at }];
  });
  const processes = await mostProcesses(runDir);
  const connections = await lab.connections();
  await lab.release();
  return { seconds: lastOf([...came, ended], startedAtMs), connections, processes };
}

/** The most Ansible processes of a run that worked on one machine: each leaves a log, which ends with its machines. */
export async function mostProcesses(runDir: string): Promise<number> {
  const counts = new Map<string, number>();
  for (const name of (await readdir(runDir)).filter(file => file.endsWith('.log'))) {
    const log = await readFile(path.join(runDir, name), 'utf8');
    const machines = new Set([...log.matchAll(/^(\S+): ok=\d/gm)].map(([, machine = '']) => machine));
    for (const machine of machines) counts.set(machine, (counts.get(machine) ?? 0) + 1);
  }
  return Math.max(0, ...counts.values());
}
