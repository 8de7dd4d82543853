import { chmod, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { type OpenLab, openLab } from '../lab/serve.ts';
import type { Rehearsal } from './rehearsals.ts';
import { type Ended, judge, type Verdict } from './verdict.ts';

export interface RehearseOptions {
  /** The command that starts coldstart itself. */
  program: readonly string[];
  cacheDir: string;
  signal: AbortSignal;
}

export interface Rehearsed extends Verdict {
  rehearsal: Rehearsal;
  /** How often the fault struck. */
  struck: number;
  seconds: number;
}

/** Machines live so much faster that half an hour of MAAS is three seconds. */
const timeScale = 600;

/** Plays one fault through on a lab of its own in a temporary folder, which is gone afterwards, whatever happens. */
export async function rehearse(rehearsal: Rehearsal, options: RehearseOptions): Promise<Rehearsed> {
  const home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-drill-'));
  try {
    await chmod(home, 0o700);
    const lab = await openLabFor(rehearsal, home, options);
    try {
      return await playThrough(rehearsal, lab, command => runColdstart(command, rehearsal, home, options));
    } finally {
      await lab.close();
    }
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}

function openLabFor(
  { wholeRoad }: Rehearsal,
  home: string,
  { cacheDir, signal }: RehearseOptions,
): Promise<OpenLab> {
  return openLab({
    labDir: path.join(home, 'lab'),
    cacheDir,
    lab: { machines: 'simulated', count: 3, timeScale, wholeRoad, suite: 'bookworm' },
    // Far from where labs look for a port: one that is shut for a moment must not be taken by another.
    port: 0,
    signal,
    log: () => {},
  });
}

async function playThrough(
  rehearsal: Rehearsal,
  { faults }: OpenLab,
  run: (command: string) => Promise<Ended>,
): Promise<Rehearsed> {
  const before = rehearsal.command === 'up' ? undefined : await run('up');
  const startedAt = performance.now();
  faults.replace({ faults: [rehearsal.fault] });
  const ended = await run(rehearsal.command);
  const struck = faults.report()[0]?.struck ?? 0;
  const seconds = (performance.now() - startedAt) / 1000;
  faults.replace({ faults: [] });
  const afterwards = goesOn(rehearsal) ? await run('up') : undefined;
  return { rehearsal, struck, seconds, ...judge(rehearsal, { before, ended, struck, afterwards }) };
}

function goesOn({ expected }: Rehearsal): boolean {
  return expected.end === 'stopped' && expected.needsPerson === undefined;
}

async function runColdstart(
  command: string,
  { patience }: Rehearsal,
  home: string,
  { program: [program = '', ...args], signal }: RehearseOptions,
): Promise<Ended> {
  const { exitCode, stdout } = await execa(program, [...args, command, '--lab', '--yes', '-o', 'json'], {
    cwd: home,
    env: { ...withoutMaas, COLDSTART_HOME: home, COLDSTART_PATIENCE: String(patience ?? 1), NO_COLOR: '1' },
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
    forceKillAfterDelay: 5_000,
  });
  signal.throwIfAborted();
  return { exit: exitCode, stdout };
}

/** A lab of its own, whatever MAAS the person's shell points at. */
const withoutMaas = { MAAS_API_URL: undefined, MAAS_API_KEY: undefined };
