import { type Batcher, createBatcher, type HostResult } from '../ansible/batcher.ts';
import type { AnsibleEvent } from '../ansible/events.ts';
import { runPlaybook } from '../ansible/run.ts';
import type { Site } from '../compose.ts';
import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { Target } from '../plan/plan.ts';
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
  signal: AbortSignal;
}

type Report = (task: string) => void;

/** Ansible as steps use it: machines that ask at about the same time share a process. */
export function createPlaybooks(options: PlaybooksOptions): World['playbooks'] {
  const reports = new Map<string, Report>();
  const batcher = createBatcher({
    run: (playbook, hosts, ended) =>
      runPlaybook({
        onHostEnd: ended,
        ansibleDir,
        playbooks: [`${playbook}.yml`],
        inventory: inventoryFor(options, hosts),
        limit: hosts,
        runDir: options.runDir,
        controlPathDir: options.controlDir,
        signal: options.signal,
        // The connection that asked whether SSH answers is the one that Ansible goes on with.
        env: { ANSIBLE_SSH_CONTROL_PATH: '%(directory)s/%%C', ...options.site.programs },
        onEvent: event => tell(event, hosts, reports),
      }),
  });
  return playbooksThrough(batcher, reports);
}

/** Playbooks of machines, each in the lane of those that may share a process with it. */
export function playbooksThrough(
  batcher: Batcher,
  reports: Map<string, Report> = new Map(),
): World['playbooks'] {
  return {
    async run(playbook, target, report) {
      reports.set(target.name, report);
      const result = await batcher.run(playbook, target.name, laneOf(playbook, target));
      if (!result.ok) throw failed(playbook, target, result);
    },
  };
}

/** A first control plane must never wait for workers, nor they for each other's playbook. */
function laneOf(playbook: Playbook, { role, first }: Target): { lane: string; exclusive: boolean } {
  const kind = first ? 'first' : role;
  return { lane: `${playbook} ${playbook === 'prepare' ? 'machine' : kind}`, exclusive: false };
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
      hint: `${diskFull.test(message) ? `make room on the disk of ${name}; ` : ''}the whole output is in ${result.logPath}`,
    },
  );
}

/** As the kernel says it, and as apt does. */
const diskFull = /No space left on device|enough free space/i;
