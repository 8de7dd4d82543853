import os from 'node:os';
import { ColdstartError } from '../../core/errors.ts';
import { labUp } from '../../lab/lab.ts';
import type { LabOptions } from '../../lab/options.ts';
import { isLabRunning, type LabMachines, type LabRecord, readLabRecord } from '../../lab/record.ts';
import { formatTable } from '../../render/table.ts';
import { cacheHome, labDir } from '../../state/paths.ts';
import { confirm } from '../confirm.ts';
import { type AppContext, note } from '../context.ts';

export interface StartOptions extends Partial<LabOptions> {
  yes: boolean;
}

/** Starts the lab with these options, or finds it running; whatever runs serves when nothing is asked for. */
export async function startLab(context: AppContext, { yes, ...asked }: StartOptions): Promise<LabRecord> {
  const dir = labDir(context.env);
  const running = readLabRecord(dir);
  if (Object.keys(asked).length === 0 && running && isLabRunning(running)) return running;
  const lab: LabOptions = {
    machines: defaultMachines(),
    count: 3,
    timeScale: 1,
    suite: 'bookworm',
    ...asked,
  };
  if (lab.machines === 'hosts') requireRoot();
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
  if (started) note(context, `lab: ${record.count} ${record.machines} at ${record.url}`);
  return record;
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
