import { spawn } from 'node:child_process';
import { open, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { systemClock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import { takeLock } from '../state/lock.ts';
import { isRunning } from '../state/process.ts';
import { chooseKubernetes, needsBuild } from './kubernetes/supply.ts';
import { prepareBaseImage } from './machines/hosts/base-image.ts';
import { destroyHosts } from './machines/hosts/destroy.ts';
import { type LabOptions, writeLabOptions } from './options.ts';
import { isLabRunning, type LabRecord, readLabRecord, removeLabRecord } from './record.ts';
import { readDebianMirrors } from './system/apt-mirrors.ts';
import { checkComputer } from './system/computer.ts';
import { destroyNetwork } from './system/network.ts';
import { installPackages, missingPackages, type SystemPackage } from './system/packages.ts';

export interface LabUpOptions {
  labDir: string;
  cacheDir: string;
  lab: LabOptions;
  /** Command that runs `coldstart lab serve` in the background. */
  serveCommand: readonly string[];
  signal: AbortSignal;
  progress(text: string): void;
  /** Asked before anything is installed on this computer; false means no. */
  approve(packages: readonly SystemPackage[]): Promise<boolean>;
}

/**
 * Starts the lab, or finds it running. What takes long (packages, Kubernetes, the base image) is done here, in the
 * foreground, and cached; the rest runs in a process of its own. Errors: LAB_UNSUPPORTED, LAB_FAILED.
 */
export async function labUp(options: LabUpOptions): Promise<{ record: LabRecord; started: boolean }> {
  const running = readLabRecord(options.labDir);
  if (running && isLabRunning(running)) return { record: running, started: false };
  const lock = await takeLock(options.labDir, 'coldstart lab up');
  try {
    if (options.lab.machines === 'hosts') await prepareHosts(options);
    // From here on there is a lab, and it keeps these options.
    await writeLabOptions(options.labDir, options.lab);
    return { record: await startServing(options), started: true };
  } finally {
    await lock.release();
  }
}

/** Stops everything that the lab started, also after a crash, and leaves the computer as it was. */
export async function labDown(labDir: string, purge: boolean): Promise<void> {
  const record = readLabRecord(labDir);
  if (record && isLabRunning(record)) await stopServing(record);
  // Harmless where the lab had no hosts, or where they are gone already.
  if (process.getuid?.() === 0) {
    await destroyHosts(labDir);
    await destroyNetwork(labDir);
  }
  await removeLabRecord(labDir);
  if (purge) await rm(labDir, { recursive: true, force: true });
}

async function prepareHosts({
  labDir,
  cacheDir,
  lab,
  signal,
  progress,
  approve,
}: LabUpOptions): Promise<void> {
  const { problems } = await checkComputer(labDir);
  const [problem] = problems;
  if (problem) {
    throw new ColdstartError('LAB_UNSUPPORTED', 'lab hosts cannot run here', {
      because: problems.map(({ what }) => what).join('; '),
      hint: problem.hint,
    });
  }
  await provide(missingPackages(['hosts', 'mirror', 'images']), { approve, signal, progress });
  const mirrors = await readDebianMirrors(signal);
  const kubernetes = { cacheDir, mirrors, progress, signal };
  if (await needsBuild(cacheDir, lab.kubernetesFrom, signal)) {
    await provide(missingPackages(['build']), { approve, signal, progress });
  }
  const supply = await chooseKubernetes(kubernetes, lab.kubernetesFrom);
  if (supply.kind === 'packaged') for (const note of supply.release.notes) progress(note);
  await prepareBaseImage({ cacheDir, mirrors, suite: lab.suite, progress, signal });
}

async function provide(
  packages: readonly SystemPackage[],
  { approve, signal, progress }: Pick<LabUpOptions, 'approve' | 'signal' | 'progress'>,
): Promise<void> {
  if (packages.length === 0) return;
  const names = packages.map(({ name }) => name);
  if (!(await approve(packages))) {
    throw new ColdstartError(
      'LAB_UNSUPPORTED',
      `the lab needs packages that are not installed: ${names.join(' ')}`,
      {
        hint: 'run the command again with --yes to have them installed, or install them yourself with apt-get',
      },
    );
  }
  await installPackages(names, { signal, progress });
}

async function startServing({ labDir, serveCommand, signal, progress }: LabUpOptions): Promise<LabRecord> {
  progress('starting the region');
  const logFile = path.join(labDir, 'lab.log');
  const log = await open(logFile, 'a', 0o600);
  const [program = process.execPath, ...args] = serveCommand;
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log.fd, log.fd] });
  const ended: { how?: string } = {};
  child.once('error', error => (ended.how = error.message));
  child.once('exit', (code, killed) => (ended.how = `it ended with ${killed ?? code}`));
  child.unref();
  await log.close();
  while (ended.how === undefined) {
    const record = readLabRecord(labDir);
    if (record && record.pid === child.pid && isLabRunning(record)) return record;
    await systemClock.sleep(100, signal);
  }
  const lines = (await readFile(logFile, 'utf8')).trimEnd().split('\n').slice(-5).join('\n');
  throw new ColdstartError('LAB_FAILED', 'the lab did not start', {
    because: `${ended.how}:\n${lines}`,
    hint: `read ${logFile}`,
  });
}

async function stopServing(record: LabRecord): Promise<void> {
  process.kill(record.pid, 'SIGTERM');
  const giveUpAt = Date.now() + 15_000;
  while (isRunning(record)) {
    if (Date.now() > giveUpAt) process.kill(record.pid, 'SIGKILL');
    await systemClock.sleep(50);
  }
}
