import { type Batcher, createBatcher, type HostResult, type RequestOptions } from '../ansible/batcher.ts';
import type { AnsibleEvent } from '../ansible/events.ts';
import { runPlaybook } from '../ansible/run.ts';
import type { Site } from '../compose.ts';
import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import { hostVars } from '../inventory/inventory.ts';
import type { Intent } from '../plan/assess.ts';
import type { Target } from '../plan/plan.ts';
import { lostStanding } from '../plan/standing.ts';
import type { Playbook, World } from '../steps/ports.ts';
import { ansibleDir } from './assets.ts';
import type { FactStore } from './fact-store.ts';
import { siteInventory } from './inventory.ts';

export interface PlaybooksOptions {
  site: Site;
  store: FactStore;
  /** The control plane that makes the cluster: further machines join through it. */
  first: SystemId | undefined;
  keyFile: string;
  controlDir: string;
  runDir: string;
  intent: Intent;
  /** How many machines will be prepared, as far as the plan knows. */
  toPrepare: number;
  signal: AbortSignal;
}

type Report = (task: string) => void;

/** Ansible as steps use it: machines that ask at about the same time share a process. */
export function createPlaybooks(options: PlaybooksOptions): World['playbooks'] {
  const reports = new Map<string, Report>();
  const batcher = createBatcher({
    run: async (playbooks, hosts, ended) => {
      const inventory = inventoryFor(options, hosts);
      const limit = hosts.filter(name => hostVars(inventory, name) !== undefined);
      for (const name of hosts) if (!limit.includes(name)) ended(name, leftOut);
      if (limit.length === 0) return { ok: false, hosts: {}, logPath: '' };
      return runPlaybook({
        onHostEnd: ended,
        ansibleDir,
        playbooks: playbooks.map(name => `${name}.yml`),
        inventory,
        limit,
        runDir: options.runDir,
        controlPathDir: options.controlDir,
        signal: options.signal,
        // The connection that asked whether SSH answers is the one that Ansible goes on with.
        env: { ANSIBLE_SSH_CONTROL_PATH: '%(directory)s/%%C', ...options.site.programs },
        onEvent: event => tell(event, limit, reports),
      });
    },
  });
  const { run } = playbooksThrough(batcher, options.toPrepare, reports);
  const { store, intent, site } = options;
  const standing = { config: site.config, user: store.user, intent, deployed: true };
  return {
    async run(playbook, target, report) {
      const what = `${playbook}.yml was not run on ${target.name}`;
      const lost = lostStanding(store.machine(target.id), what, standing);
      if (lost) throw lost;
      return run(playbook, target, report);
    },
  };
}

/** It was locked, taken or renamed after it asked. Ansible itself would call a machine that it does not know a good one. */
const leftOut: HostResult = {
  ok: false,
  changed: 0,
  failed: true,
  unreachable: false,
  failure: { task: 'none', message: 'the machine may not be worked on any more, or has no address' },
  logPath: '',
};

/** Playbooks of machines, each in the lane of those that may share a process with it. */
export function playbooksThrough(
  batcher: Batcher,
  toPrepare: number,
  reports: Map<string, Report> = new Map(),
): World['playbooks'] {
  return {
    async run(playbook, target, report) {
      reports.set(target.name, report);
      const result = await batcher.run(playbook, target.name, laneOf(playbook, target, toPrepare));
      if (!result.ok) throw failed(playbook, target, result);
    },
  };
}

/** From so many machines on, the first control plane is prepared by itself. */
const largeFleet = 20;

/**
 * A first control plane must never wait for others, who wait for it, nor they for each other's playbook; only where few
 * are prepared, a process of its own would cost more than it saves. The process that starts the cluster goes on with its
 * network and kubeconfig: to start another one would take longer than that.
 */
function laneOf(playbook: Playbook, { role, first }: Target, toPrepare: number): RequestOptions {
  if (playbook === 'prepare' && !(first && toPrepare >= largeFleet)) return { lane: playbook, of: toPrepare };
  if (!first) return { lane: `${playbook} ${role}` };
  return {
    lane: `${playbook} first`,
    ...(playbook === 'cluster' && { goesOnWith: 'configure' satisfies Playbook }),
  };
}

/** Only the machines of this process and the one that they join through: an inventory of thousands is slow to read. */
function inventoryFor({ site, store, first, keyFile }: PlaybooksOptions, hosts: readonly string[]) {
  const needed = store.machines().filter(({ id, hostname }) => id === first || hosts.includes(hostname));
  const machines = new Map(needed.map(machine => [machine.id, machine]));
  return siteInventory(
    site,
    { user: store.user, machines },
    {
      keyFile,
      ...(first === undefined ? {} : { first }),
      include: () => true,
    },
  );
}

function tell(event: AnsibleEvent, hosts: readonly string[], reports: ReadonlyMap<string, Report>): void {
  if (event.event === 'task') for (const host of hosts) reports.get(host)?.(event.task);
  if (event.event === 'retry')
    reports.get(event.host)?.(`${event.task} (try ${event.attempt} of ${event.of})`);
}

function failed(playbook: Playbook, { name }: Target, result: HostResult): ColdstartError {
  const { task, message } = result.failure ?? { task: 'unknown', message: 'no message' };
  return new ColdstartError(
    result.unreachable ? 'SSH_UNREACHABLE' : 'ANSIBLE_FAILED',
    `${playbook}.yml failed on ${name}`,
    {
      because: `task "${task}": ${message}`,
      hint: [...remediesOf(name, message), ...outputIn(result.logPath)].join('; '),
    },
  );
}

function outputIn(logPath: string): string[] {
  return logPath === '' ? [] : [`the whole output is in ${logPath}`];
}

/** What helps against what programs are known to say on machines. */
function remediesOf(name: string, message: string): string[] {
  return remedies.flatMap(([said, remedy]) => {
    const found = said.exec(message);
    return found ? [remedy(name, found[1] ?? '')] : [];
  });
}

const remedies: readonly [said: RegExp, remedy: (name: string, what: string) => string][] = [
  // As the kernel says it, and as apt does.
  [/No space left on device|enough free space/i, name => `make room on the disk of ${name}`],
  // kubeadm's check ImagePull.
  [
    /failed to pull image "?([^\s",]+?)[":,]*(?:\s|$)/i,
    (name, image) =>
      `make sure that ${name} reaches the registry of ${image}, and that the image is there (images and mirror in cluster.yaml say where images come from)`,
  ],
  [
    /JWS signature|token .*(?:expired|invalid)/i,
    () =>
      'the token to join with was not valid any more, although every try gets a fresh one: look at the clock of the first control plane',
  ],
];
