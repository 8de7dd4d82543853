import { randomBytes } from 'node:crypto';
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { execa } from 'execa';
import { ColdstartError } from '../core/errors.ts';
import { ansibleEnvironment } from './environment.ts';
import { type AnsibleEvent, parseEvent } from './events.ts';
import { type AnsibleInventory, inventoryFile } from './inventory.ts';
import { logText } from './log.ts';
import { emptyTally, fresh, type HostOutcome, outcomes, type Tally, tally } from './outcome.ts';
import { defaultPatience, type Patience, stopGroup } from './stop.ts';
import { requireAnsible } from './version.ts';

export interface PlaybookOptions {
  /** The folder with ansible.cfg, playbooks/, roles/ and plugins/. */
  ansibleDir: string;
  /** Names such as `prepare.yml`, in ansibleDir/playbooks, or absolute paths. Later ones run only when all earlier ones were good everywhere. */
  playbooks: readonly string[];
  inventory: AnsibleInventory;
  /** Inventory names of the machines to work on. */
  limit: readonly string[];
  /** Where the inventory (mode 0600) and the log (mode 0600) of this run are written. */
  runDir: string;
  /** A private folder (mode 0700) with a short path, shared by all runs that may reuse each other's connections. */
  controlPathDir: string;
  /** Machines worked on at the same time; 50 when not given. */
  forks?: number;
  signal?: AbortSignal;
  onEvent?: (event: AnsibleEvent) => void;
  /** Told when a machine has come to a task named `This machine is done`: nothing more of its playbook works on it. */
  onHostEnd?: (host: string, result: HostOutcome & { logPath: string }) => void;
  /** Added to the environment; wins over everything. */
  env?: Readonly<Record<string, string>>;
  patience?: Patience;
}

export interface PlaybookResult {
  /** True when it went well on every machine. */
  ok: boolean;
  /** One entry for each name in `limit`. */
  hosts: Record<string, HostOutcome>;
  /** Everything that every task said, for people to read. */
  logPath: string;
}

/**
 * Runs playbooks on some machines of an inventory. A machine that fails drops out; the others go on.
 * @throws ColdstartError ANSIBLE_MISSING; ANSIBLE_FAILED when ansible-playbook itself could not work; STOPPED when
 * the signal was aborted (the playbook has ended by then)
 */
export async function runPlaybook(options: PlaybookOptions): Promise<PlaybookResult> {
  const { playbooks, limit, signal } = options;
  await requireAnsible(options.env?.['PATH']);
  stopHere(signal);
  const files = await prepareFiles(options);
  const watched = await watch(options, files);
  if (signal?.aborted === true) stopHere(signal);
  const { seen, exitCode, lastWords } = watched;
  if (seen.ended === 0) {
    throw new ColdstartError('ANSIBLE_FAILED', `ansible-playbook ${playbooks.join(' ')} could not run`, {
      because: lastWords || `it ended with status ${exitCode ?? 'unknown'}`,
      hint: `read ${files.logPath}`,
      data: { logPath: files.logPath },
    });
  }
  const hosts = outcomes(limit, seen, playbooks.length);
  return { ok: Object.values(hosts).every(host => host.ok), hosts, logPath: files.logPath };
}

interface RunFiles {
  inventoryPath: string;
  logPath: string;
}

async function prepareFiles({
  runDir,
  playbooks,
  inventory,
  controlPathDir,
}: PlaybookOptions): Promise<RunFiles> {
  await mkdir(runDir, { recursive: true, mode: 0o700 });
  await mkdir(controlPathDir, { recursive: true, mode: 0o700 });
  const stamp = new Date().toISOString().replace(/[-:.Z]/g, '');
  const names = playbooks.map(path => path.replace(/^.*\//, '').replace(/\.ya?ml$/, '')).join('+');
  const base = join(runDir, `${stamp}-${names}-${randomBytes(2).toString('hex')}`);
  const inventoryPath = `${base}.inventory.yaml`;
  await writeFile(inventoryPath, inventoryFile(inventory), { mode: 0o600, flag: 'wx' });
  return { inventoryPath, logPath: `${base}.log` };
}

/** In playbooks that go on with other machines, or with another playbook. */
const lastTask = 'This machine is done';

interface Watched {
  seen: Tally;
  exitCode: number | undefined;
  /** The end of what went to standard error. */
  lastWords: string;
}

async function watch(options: PlaybookOptions, { inventoryPath, logPath }: RunFiles): Promise<Watched> {
  const log = createWriteStream(logPath, { mode: 0o600 });
  // A full disk is told by `finished` below.
  log.on('error', () => {});
  const subprocess = start(options, inventoryPath);
  const stopping = stopGroup(subprocess.pid, subprocess, options.signal, options.patience ?? defaultPatience);
  let seen = emptyTally;
  const errors: string[] = [];
  const readEvents = async () => {
    for await (const line of subprocess.iterable({ from: 'stdout' })) {
      const event = parseEvent(line);
      log.write(event === undefined ? `${line}\n` : logText(event));
      if (event === undefined) continue;
      seen = tally(seen, event);
      options.onEvent?.(event);
      if (event.event === 'host' && event.task === lastTask && event.status === 'ok')
        options.onHostEnd?.(event.host, { ...(seen.hosts[event.host] ?? fresh), ok: true, logPath });
    }
  };
  try {
    await Promise.all([readEvents(), keepErrors(subprocess.iterable({ from: 'stderr' }), log, errors)]);
    const { exitCode } = await subprocess;
    return { seen, exitCode, lastWords: errors.join('\n').slice(-2000) };
  } finally {
    stopping.over();
    log.end();
    await finished(log);
  }
}

function start(
  { ansibleDir, playbooks, limit, controlPathDir, forks = 50, env }: PlaybookOptions,
  inventory: string,
) {
  const paths = playbooks.map(name => (name.startsWith('/') ? name : join(ansibleDir, 'playbooks', name)));
  return execa('ansible-playbook', ['-i', inventory, '--limit', limit.join(','), ...paths], {
    env: { ...ansibleEnvironment({ ansibleDir, controlPathDir, forks }), ...env },
    stdin: 'ignore',
    buffer: false,
    reject: false,
    // A group of its own: Ctrl-C on the terminal must reach it through us only, and a signal all of it.
    detached: true,
    cleanup: false,
  });
}

async function keepErrors(lines: AsyncIterable<string>, log: WriteStream, kept: string[]): Promise<void> {
  for await (const line of lines) {
    log.write(`${line}\n`);
    kept.push(line);
    if (kept.length > 20) kept.shift();
  }
}

function stopHere(signal: AbortSignal | undefined): void {
  if (signal?.aborted !== true) return;
  throw new ColdstartError('STOPPED', 'ansible-playbook was stopped', { cause: signal.reason });
}
