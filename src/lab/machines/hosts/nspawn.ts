import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ColdstartError } from '../../../core/errors.ts';
import { assetsDir } from '../../system/assets.ts';
import {
  createMachineCgroups,
  processesOfMachine,
  readCgroupHierarchies,
  removeMachineCgroups,
} from '../../system/cgroups.ts';
import { linkName, namespaceName, namespacePath } from '../../system/machine-link.ts';
import { becomes, signalProcess, startDetached, startTime } from '../../system/process.ts';
import { run } from '../../system/run.ts';
import type { DriverMachine } from '../driver.ts';
import { rootOf, volumeDir, volumes } from './disk.ts';

/** The process that is a host's power: while it lives, the host is on. */
export interface HostProcess {
  pid: number;
  /** In clock ticks since boot; with the pid it names one process for ever. */
  startTime: number;
}

/** Boots what is on the mounted root file system. Resolves when its first process runs. */
export async function startHost(machine: DriverMachine, dir: string, bridge: string): Promise<HostProcess> {
  const started = await launch(machine, { dir, bridge }, [
    'systemd-nspawn',
    ...(await nspawnArgs(machine, dir)),
  ]);
  const booted = () => hasInnerProcess(machine.id);
  await becomes(async () => (await booted()) || !(await isAlive(started)), 30_000);
  if (await booted()) return started;
  throw new ColdstartError('LAB_FAILED', `could not start the host ${machine.hostname}`, {
    because: await lastLog(dir),
  });
}

/** A machine that is on and has nothing to boot: it does nothing until it is switched off. */
export function startEmptyHost(machine: DriverMachine, dir: string, bridge: string): Promise<HostProcess> {
  return launch(machine, { dir, bridge }, ['sleep', 'infinity']);
}

/** The process of a host that is on, also when another process of ours has started it. */
export async function findHost(dir: string): Promise<HostProcess | undefined> {
  const text = await readFile(processFile(dir), 'utf8').catch(() => '');
  if (text === '') return undefined;
  const known = JSON.parse(text) as HostProcess;
  return (await isAlive(known)) ? known : undefined;
}

export async function isAlive({ pid, startTime: started }: HostProcess): Promise<boolean> {
  return (await startTime(pid)) === started;
}

/** Asks the operating system to power off; false when it has not done so in time. */
export async function shutDown(host: HostProcess, withinMs: number): Promise<boolean> {
  // nspawn passes it on as systemd's own signal for an orderly power-off.
  signalProcess(host.pid, 'SIGTERM');
  return becomes(async () => !(await isAlive(host)), withinMs);
}

/**
 * A power cut: every process of the machine ends at once, then its cgroups go. Those inside the machine go first,
 * so that the ones around it can clear up and end; killing nspawn alone would leave the host's own systemd running.
 */
export async function cutPower(id: string, dir: string): Promise<void> {
  const inner = await innerProcesses(id);
  for (const pid of inner) signalProcess(pid, 'SIGKILL');
  if (inner.length > 0) await becomes(async () => (await livingOf(id)).length === 0, 2000);
  const empty = await becomes(async () => {
    const living = await livingOf(id);
    for (const pid of living) signalProcess(pid, 'SIGKILL');
    return living.length === 0;
  }, 20_000);
  if (!empty) throw new ColdstartError('LAB_FAILED', `the processes of ${id} do not end`);
  await becomes(() => removeMachineCgroups(id), 5000);
  await rm(processFile(dir), { force: true });
  await removeTraces(id, dir);
}

// What nspawn leaves behind: a folder by the machine's name, and a lock by the device and inode of its root.
async function removeTraces(id: string, dir: string): Promise<void> {
  const { dev, ino } = await stat(rootOf(dir)).catch(() => ({ dev: 0, ino: 0 }));
  await rm(`/run/systemd/nspawn/locks/inode-${dev}:${ino}`, { force: true });
  await rm(`/run/systemd/nspawn/propagate/${machineName(id)}`, { recursive: true, force: true });
}

async function livingOf(id: string): Promise<number[]> {
  const pids = [...(await processesOfMachine(id))];
  const times = await Promise.all(pids.map(pid => startTime(pid)));
  return pids.filter((_, index) => times[index] !== undefined);
}

/** Processes in the machine's own process namespace: its systemd and everything below. */
async function innerProcesses(id: string): Promise<number[]> {
  const pids = await livingOf(id);
  const inner = await Promise.all(pids.map(pid => isInner(pid)));
  return pids.filter((_, index) => inner[index]);
}

async function hasInnerProcess(id: string): Promise<boolean> {
  return (await innerProcesses(id)).length > 0;
}

// A process has one number in every process namespace that it is in, the outermost first. It is compared with
// our own, because this program may itself be inside of one.
async function isInner(pid: number): Promise<boolean> {
  return (await depthOf(pid)) > (await depthOf(process.pid));
}

async function depthOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return (/^NSpid:\s*(.*)$/m.exec(status)?.[1] ?? '').split(/\s+/).filter(Boolean).length;
}

async function launch(
  machine: DriverMachine,
  { dir, bridge }: { dir: string; bridge: string },
  command: readonly string[],
): Promise<HostProcess> {
  const { id, mac } = machine;
  const groups = await createMachineCgroups(id);
  await mkdir(dir, { recursive: true });
  const args = [namespaceName(id), linkName(id), mac, bridge, groups.join('\n'), ...command];
  const logFile = join(dir, 'console.log');
  const pid = await startDetached(join(assetsDir(), 'launch-host'), args, { logFile, env: ENV });
  const started = pid === undefined ? undefined : await startTime(pid);
  if (pid === undefined || started === undefined) {
    throw new ColdstartError('LAB_FAILED', `could not start the host ${id}`, { because: await lastLog(dir) });
  }
  const host = { pid, startTime: started };
  await writeFile(processFile(dir), JSON.stringify(host));
  return host;
}

const ENV = {
  // The host makes its own seccomp filters for pods; nspawn's would forbid some of what they need.
  SYSTEMD_SECCOMP: '0',
  // /proc/sys/net of the host's network namespace is its own to change.
  SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
};

/** @see https://www.freedesktop.org/software/systemd/man/latest/systemd-nspawn.html */
async function nspawnArgs({ id, hostname }: DriverMachine, dir: string): Promise<string[]> {
  const binds = Object.entries(volumes).map(
    ([name, path]) => `--bind=${volumeDir(dir, name as keyof typeof volumes)}:${path}`,
  );
  return [
    '--quiet',
    `--directory=${rootOf(dir)}`,
    `--machine=${machineName(id)}`,
    `--hostname=${hostname}`,
    '--boot',
    '--register=no',
    '--keep-unit',
    '--capability=all',
    `--network-namespace-path=${namespacePath(id)}`,
    '--resolv-conf=off',
    '--timezone=off',
    '--link-journal=no',
    '--console=pipe',
    ...(existsSync('/dev/kmsg') ? ['--bind=/dev/kmsg'] : []),
    ...binds,
    ...(await legacyCgroupArgs()),
  ];
}

/** Words of a kernel command line for the host's systemd, which from version 256 on refuses cgroup v1 without them. */
async function legacyCgroupArgs(): Promise<string[]> {
  const hasV1 = (await readCgroupHierarchies()).some(hierarchy => hierarchy.version === 1);
  return hasV1 ? ['systemd.unified_cgroup_hierarchy=0', 'SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1'] : [];
}

function machineName(id: string): string {
  return `coldstart-${id}`;
}

async function lastLog(dir: string): Promise<string> {
  const text = await run('tail', ['-n', '3', join(dir, 'console.log')]).catch(() => '');
  return text.trim().replaceAll('\n', '; ') || 'it ended at once without a word';
}

function processFile(dir: string): string {
  return join(dir, 'process.json');
}
