import path from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import type { Fault } from '../../lab/faults/fault.ts';
import { labDown } from '../../lab/lab.ts';
import { readLabOptions } from '../../lab/options.ts';
import { isLabRunning, type LabMachines, type LabRecord, readLabRecord } from '../../lab/record.ts';
import { serveLab } from '../../lab/serve.ts';
import { cacheHome, labDir } from '../../state/paths.ts';
import { type AppContext, note, print, printJson } from '../context.ts';
import type { OutputFlags } from '../flags.ts';
import { scenarioOf } from './fault.ts';
import { startLab } from './start.ts';

export interface LabUpFlags {
  machines?: LabMachines;
  count?: number;
  timeScale?: number;
  wholeRoad?: boolean;
  kubernetesFrom?: string;
  suite?: string;
  fault?: readonly Fault[];
  scenario?: string;
  yes: boolean;
}

export interface LabDownFlags {
  purge: boolean;
}

export type LabStatusFlags = OutputFlags;

export async function labUpCommand(
  this: AppContext,
  { kubernetesFrom, fault = [], scenario, ...flags }: LabUpFlags,
): Promise<void> {
  const faults = await scenarioOf(this, fault, scenario);
  const from = kubernetesFrom === undefined ? {} : { kubernetesFrom: path.resolve(this.cwd, kubernetesFrom) };
  const record = await startLab(this, { ...flags, ...from, ...(faults ? { faults } : {}) });
  print(this, record.url);
  note(this, 'Point your shell at it with:  eval "$(coldstart lab env)"');
}

export async function labDownCommand(this: AppContext, { purge }: LabDownFlags): Promise<void> {
  await labDown(labDir(this.env), purge);
  note(this, purge ? 'The lab is gone.' : 'The lab is down; lab up brings its machines back as they were.');
}

export async function labStatusCommand(this: AppContext, { output }: LabStatusFlags): Promise<void> {
  const record = readLabRecord(labDir(this.env));
  const running = record !== undefined && isLabRunning(record);
  if (output === 'json') {
    const { machines, count, timeScale, suite, url, startedAt } = record ?? {};
    printJson(this, { running, ...(running ? { machines, count, timeScale, suite, url, startedAt } : {}) });
  } else if (running) {
    print(this, `running: ${record.count} ${record.machines} at ${record.url} since ${record.startedAt}`);
  } else {
    print(this, record ? 'not running (it ended without cleaning up: coldstart lab down)' : 'not running');
  }
}

export async function labEnvCommand(this: AppContext): Promise<void> {
  const record = readLabRecord(labDir(this.env));
  if (!record || !isLabRunning(record)) throw new ColdstartError('LAB_NOT_RUNNING', 'the lab is not running');
  print(this, envText(record));
}

export async function labServeCommand(this: AppContext): Promise<void> {
  const dir = labDir(this.env);
  const lab = readLabOptions(dir);
  if (!lab) throw new ColdstartError('LAB_NOT_RUNNING', `there is no lab in ${dir}`);
  await serveLab({
    labDir: dir,
    cacheDir: cacheHome(this.env),
    lab,
    signal: this.signal,
    log: text => note(this, `${new Date().toISOString()} ${text}`),
  });
}

function envText({ url, apiKey }: LabRecord): string {
  return `export MAAS_API_URL=${url}\nexport MAAS_API_KEY=${apiKey}\n`;
}
