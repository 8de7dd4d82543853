import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { byColdstart } from './support/by-coldstart.ts';
import { byHand } from './support/by-hand.ts';
import { startHosts } from './support/hosts-lab.ts';
import { median } from './support/program.ts';
import { type Milestone, milestones, type Road } from './support/road.ts';
import { printRows, type Row, rounded } from './support/table.ts';

export interface HostsOptions {
  machines: number;
  /** Each time both ways, one after the other; rows have the medians. */
  cycles: number;
  /** When aborted, the lab is taken down. */
  signal?: AbortSignal;
}

/**
 * `up --lab` on released real hosts against a script that makes the same cluster by hand, in one run, with warm caches.
 * Seconds from the start of each until the last machine has come so far. Needs Linux and root.
 */
export async function hostsRows({ machines, cycles, signal }: HostsOptions): Promise<Row[]> {
  // Not on tmpfs: the hosts' disks lie below it.
  const home = await mkdtemp('/var/tmp/coldstart-bench-');
  await chmod(home, 0o700);
  const lab = await startHosts(home, machines, signal);
  try {
    // The first cluster fills caches and is not counted.
    await byHand(lab);
    const limits: Road[] = [];
    const ours: Road[] = [];
    for (let cycle = 0; cycle < cycles; cycle += 1) {
      limits.push(await byHand(lab));
      ours.push(await byColdstart(lab));
    }
    return milestones.map(milestone => rowOf(milestone, machines, limits, ours));
  } finally {
    await lab.down();
    await rm(home, { recursive: true, force: true });
  }
}

function rowOf(milestone: Milestone, machines: number, limits: readonly Road[], ours: readonly Road[]): Row {
  const limit = median(limits.map(road => road.seconds[milestone]));
  const coldstart = median(ours.map(road => road.seconds[milestone]));
  return {
    machines,
    until: milestone,
    limit: rounded(limit),
    coldstart: rounded(coldstart),
    ratio: rounded(coldstart / limit),
    sshByHand: Math.max(...limits.map(road => road.connections)),
    ssh: Math.max(...ours.map(road => road.connections)),
    ansible: Math.max(...ours.map(road => road.processes)),
  };
}

export async function main(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      machines: { type: 'string', default: '3' },
      cycles: { type: 'string', default: '3' },
    },
  });
  const stopped = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopped.abort());
  const rows = await hostsRows({
    machines: Number(values.machines),
    cycles: Number(values.cycles),
    signal: stopped.signal,
  });
  printRows('hosts', rows, values.json);
}
