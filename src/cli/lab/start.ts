import os from 'node:os';
import { ColdstartError } from '../../core/errors.ts';
import { replaceFaults } from '../../lab/faults/control.ts';
import type { Scenario } from '../../lab/faults/fault.ts';
import { writeFaults } from '../../lab/faults/plan.ts';
import { labUp } from '../../lab/lab.ts';
import { type LabOptions, readLabOptions } from '../../lab/options.ts';
import { isLabRunning, type LabMachines, type LabRecord, readLabRecord } from '../../lab/record.ts';
import { formatTable } from '../../render/table.ts';
import { cacheHome, labDir } from '../../state/paths.ts';
import { confirm } from '../confirm.ts';
import { type AppContext, note } from '../context.ts';

export interface StartOptions extends Partial<LabOptions> {
  yes: boolean;
  /** What goes wrong from the start, or from now on where the lab runs. */
  faults?: Scenario;
}

/** Starts the lab, or finds it running. What is not asked for is as it was, or the default. */
export async function startLab(
  context: AppContext,
  { yes, faults, ...flags }: StartOptions,
): Promise<LabRecord> {
  const asked = given(flags);
  const dir = labDir(context.env);
  const before = readLabOptions(dir);
  const lab: LabOptions = {
    ...labDefaults,
    ...(before ?? { machines: asked.machines ?? defaultMachines() }),
    ...asked,
  };
  checkOptions(lab, before, asked);
  if (lab.machines === 'hosts') requireRoot();
  const running = readLabRecord(dir);
  if (faults && !(running && isLabRunning(running))) writeFaults(dir, faults);
  const { record, started } = await labUp({
    labDir: dir,
    cacheDir: cacheHome(context.env),
    lab,
    serveCommand: [process.execPath, ...process.execArgv, process.argv[1] ?? '', 'lab', 'serve'],
    signal: context.signal,
    progress: text => note(context, `lab: ${text}`),
    async approve(packages) {
      note(context, 'The lab needs these packages on this computer:');
      note(context, formatTable(packages.map(({ name, why }) => [`  ${name}`, why])));
      return confirm(context, 'Install them with apt-get?', yes);
    },
  });
  if (faults && !started) await replaceFaults(record, faults);
  if (started) note(context, `lab: ${record.count} ${record.machines} at ${record.url}`);
  return record;
}

/** The options that were given: the command line has a key for each of them. */
function given(flags: Partial<LabOptions>): Partial<LabOptions> {
  return Object.fromEntries(Object.entries(flags).filter(([, value]) => value !== undefined));
}

const labDefaults = { count: 3, timeScale: 1, wholeRoad: false, suite: 'bookworm' } as const;

/** A lab that is there keeps its options until it is purged: what was asked must be what it is. */
function checkOptions(lab: LabOptions, before: LabOptions | undefined, asked: Partial<LabOptions>): void {
  const hostsOnly = (['suite', 'kubernetesFrom'] as const).find(name => asked[name] !== undefined);
  if (lab.machines === 'simulated' && hostsOnly !== undefined) {
    throw new ColdstartError(
      'USAGE',
      `simulated machines have no ${hostsOnly === 'suite' ? 'suite' : 'Kubernetes'}`,
      {
        hint: 'leave the option out, or use --machines hosts',
      },
    );
  }
  const names = Object.keys(asked) as (keyof LabOptions)[];
  if (lab.machines === 'hosts' && lab.wholeRoad) {
    throw new ColdstartError('USAGE', 'hosts always go the whole road', {
      hint: 'leave the option out, or use --machines simulated',
    });
  }
  const other = before && names.find(name => asked[name] !== undefined && asked[name] !== before[name]);
  if (other === undefined) return;
  throw new ColdstartError('LAB_FAILED', `there is a lab whose ${other} is ${before?.[other] ?? 'not set'}`, {
    because: `${String(asked[other])} was asked for, and a lab keeps its options`,
    hint: 'coldstart lab down --purge forgets it; then start the new one',
  });
}

function defaultMachines(): LabMachines {
  if (os.platform() === 'linux' && process.getuid?.() === 0) return 'hosts';
  throw new ColdstartError('LAB_UNSUPPORTED', 'lab hosts need Linux and root', {
    hint: 'run it with sudo, or try machines that need nothing: coldstart lab up --machines simulated',
  });
}

function requireRoot(): void {
  if (os.platform() !== 'linux' || process.getuid?.() !== 0) defaultMachines();
}
