import type { Clock } from '../../src/core/clock.ts';
import type { FleetMachine } from '../../src/lab/region/options.ts';
import { createMaasClient, type MaasClient } from '../../src/maas/client.ts';
import { ansibleStartMs, answerTime, readyTime, sum, taskTimes } from './own-times.ts';
import type { BenchRegion } from './region.ts';

/**
 * The hardware stage in the order of 2018: one machine after the other is deployed, then all are listed once a second
 * until the last one is Deployed. Against the real region.
 */
export async function hardwareOf2018(region: BenchRegion, clock: Clock): Promise<number> {
  const client = createMaasClient({ url: region.url, apiKey: region.apiKey, proxy: false });
  const startedAt = clock.now();
  try {
    const { machines } = await client.listMachines();
    for (const { id } of machines) {
      await client.allocate(id);
      await client.deploy(id, {});
    }
    while (!(await allDeployed(client))) await clock.sleep(1_000);
    return clock.now() - startedAt;
  } finally {
    client.close();
  }
}

async function allDeployed(client: MaasClient): Promise<boolean> {
  const { machines } = await client.listMachines();
  return machines.every(({ status }) => status === 'deployed');
}

/** What follows in 2018, every playbook for all machines at once: forks 500. From the moment when all are Deployed. */
export function softwareOf2018(fleet: readonly FleetMachine[], seed: string): number {
  const answering = Math.max(...fleet.map(({ hostname }) => answerTime(seed, hostname)));
  return answering + ansibleAlone(fleet, seed, 500);
}

/** The playbooks one after the other for all machines, as ansible-playbook does it: task by task, so many at a time. */
export function ansibleAlone(fleet: readonly FleetMachine[], seed: string, forks: number): number {
  const [first, ...others] = fleet.map(({ hostname }) => hostname);
  const linear = (names: readonly string[], playbook: 'prepare' | 'cluster') =>
    taskByTask(
      names.map(name => taskTimes(seed, name, playbook, false)),
      forks,
    );
  const init = sum(taskTimes(seed, first ?? '', 'cluster', true));
  const configure = sum(taskTimes(seed, first ?? '', 'configure', true));
  const ready = Math.max(...fleet.map(({ hostname }) => readyTime(seed, hostname)));
  const names = fleet.map(({ hostname }) => hostname);
  return 3 * ansibleStartMs + linear(names, 'prepare') + init + linear(others, 'cluster') + configure + ready;
}

/** The linear strategy: nobody begins a task before all have ended the one before. */
function taskByTask(times: readonly (readonly number[])[], forks: number): number {
  const tasks = times[0]?.length ?? 0;
  return sum(
    Array.from({ length: tasks }, (_, task) =>
      inTurn(
        times.map(own => own[task] ?? 0),
        forks,
      ),
    ),
  );
}

/** When the last is done, if each takes the place of whoever is done first. */
function inTurn(times: readonly number[], forks: number): number {
  const ends: number[] = Array.from({ length: Math.min(forks, times.length) }, () => 0);
  for (const ms of times) {
    const soonest = ends.indexOf(Math.min(...ends));
    ends[soonest] = (ends[soonest] ?? 0) + ms;
  }
  return Math.max(0, ...ends);
}
