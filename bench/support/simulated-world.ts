import { totalmem } from 'node:os';
import { createBatcher, type HostEnded, limitsFor } from '../../src/ansible/batcher.ts';
import type { PlaybookResult } from '../../src/ansible/run.ts';
import type { ClusterNode } from '../../src/cluster/kubernetes-api.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { SystemId } from '../../src/core/ids.ts';
import type { KubernetesPeer } from '../../src/site/observe.ts';
import { playbooksThrough } from '../../src/site/playbooks.ts';
import { openWorld } from '../../src/site/world.ts';
import type { Playbook, World } from '../../src/steps/ports.ts';
import { ansibleStartMs, answerTime, readyTime, sum, taskTimes } from './own-times.ts';

export interface SimulationOptions {
  seed: string;
  clock: Clock;
  /** Host name of the first control plane. */
  first: string;
  /** Host names of the nodes that are there and Ready at the beginning. */
  nodes: readonly string[];
  /** How many machines Ansible works on: the controller has room for all of them at the same time. */
  machines: number;
}

export interface Simulation {
  /** Opens the real world, with SSH and Ansible replaced by waits of the machines' own times. */
  open: typeof openWorld;
  kubernetes: KubernetesPeer;
  counts: { processes: number; playbooks: number };
}

/** Machines beyond the hardware stage: MAAS is asked for real, what runs on machines is a matter of time. */
export function simulate({ seed, clock, first, nodes, machines }: SimulationOptions): Simulation {
  const readyAt = new Map<string, number>(nodes.map(name => [name, 0]));
  const state = { configured: nodes.length > 0 };
  const counts = { processes: 0, playbooks: 0 };
  const run = async (
    playbooks: readonly string[],
    hosts: readonly string[],
    ended: HostEnded,
  ): Promise<PlaybookResult> => {
    counts.processes += 1;
    counts.playbooks += playbooks.length * hosts.length;
    await clock.sleep(ansibleStartMs);
    for (const playbook of playbooks) {
      // Where all wait for each other after every task, nobody is done before the last.
      const together = playbook !== 'prepare';
      await (together ? inStep : atOwnPace)(playbook as Playbook, hosts, ended);
      const now = clock.now();
      if (playbook === 'cluster') for (const host of hosts) readyAt.set(host, now + readyTime(seed, host));
      if (playbook === 'configure') state.configured = true;
      if (playbooks.length > 1) for (const host of hosts) ended(host, { ...good, logPath: '' });
    }
    return { ok: true, logPath: '', hosts: Object.fromEntries(hosts.map(host => [host, good])) };
  };
  const timesOf = (playbook: Playbook) => (host: string) => taskTimes(seed, host, playbook, host === first);
  const inStep = (playbook: Playbook, hosts: readonly string[]): Promise<void> => {
    const times = hosts.map(timesOf(playbook));
    const longest = (times[0] ?? []).map((_, task) => Math.max(...times.map(own => own[task] ?? 0)));
    return clock.sleep(sum(longest));
  };
  const atOwnPace = async (playbook: Playbook, hosts: readonly string[], ended: HostEnded): Promise<void> => {
    const walk = async (host: string): Promise<void> => {
      await clock.sleep(sum(timesOf(playbook)(host)));
      ended(host, { ...good, logPath: '' });
    };
    await Promise.all(hosts.map(walk));
  };
  // Ansible is not there, and what it would take of this computer's memory neither: a fifth more is for the processes.
  const room = Math.max(limitsFor(totalmem()).room, Math.floor(1.2 * machines));
  const batcher = createBatcher({ run, clock: batchClock(clock), limits: { room } });
  return {
    counts,
    kubernetes: kubernetesOf(readyAt, state, clock),
    open: async options => ({
      ...(await openWorld(options)),
      access: accessOf(seed, clock, options.facts.machines),
      playbooks: playbooksThrough(batcher, options.toPrepare),
    }),
  };
}

const good = { ok: true, changed: 1, failed: false, unreachable: false };

function batchClock(clock: Clock): NonNullable<Parameters<typeof createBatcher>[0]['clock']> {
  return {
    nowMs: () => clock.now(),
    after(delayMs, then) {
      const stop = new AbortController();
      clock.sleep(delayMs, stop.signal).then(then, () => undefined);
      return () => stop.abort();
    },
  };
}

function accessOf(
  seed: string,
  clock: Clock,
  machines: ReadonlyMap<SystemId, { hostname: string }>,
): World['access'] {
  return {
    async look(id) {
      // The real probe stays connected until cloud-init has ended.
      await clock.sleep(answerTime(seed, machines.get(id)?.hostname ?? ''));
      return { done: true, seen: 'SSH answers' };
    },
  };
}

function kubernetesOf(
  readyAt: ReadonlyMap<string, number>,
  state: { configured: boolean },
  clock: Clock,
): KubernetesPeer {
  return {
    async observe() {
      if (!state.configured) return { state: 'unknown' };
      const nodes = new Map([...readyAt].map(([name, at]) => [name, nodeOf(name, clock.now() >= at)]));
      return { state: 'answers', version: 'v1.36.0', nodes, addons: new Map() };
    },
    client: () => Promise.reject(new Error('there is no API')),
    close: () => undefined,
  };
}

function nodeOf(name: string, ready: boolean): ClusterNode {
  const shape = {
    uid: name,
    roles: ['worker'],
    version: 'v1.36.0',
    kernel: '',
    internalIp: undefined,
    podCidr: undefined,
  };
  return { ...shape, name, ready, createdAt: '', unschedulable: false };
}
