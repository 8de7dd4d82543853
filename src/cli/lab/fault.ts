import path from 'node:path';
import { ColdstartError } from '../../core/errors.ts';
import { readFaults, replaceFaults } from '../../lab/faults/control.ts';
import { type Fault, faultText, type Scenario } from '../../lab/faults/fault.ts';
import { readScenario } from '../../lab/faults/parse.ts';
import type { FaultReport } from '../../lab/faults/plan.ts';
import { isLabRunning, readLabRecord } from '../../lab/record.ts';
import { formatTable } from '../../render/table.ts';
import { labDir } from '../../state/paths.ts';
import { type AppContext, print, printJson } from '../context.ts';
import type { OutputFlags } from '../flags.ts';

export interface LabFaultFlags extends OutputFlags {
  scenario?: string;
  clear: boolean;
}

export async function labFaultCommand(
  this: AppContext,
  { scenario, clear, output }: LabFaultFlags,
  ...faults: Fault[]
): Promise<void> {
  const record = readLabRecord(labDir(this.env));
  if (!record || !isLabRunning(record)) throw new ColdstartError('LAB_NOT_RUNNING', 'the lab is not running');
  const wanted = (await scenarioOf(this, faults, scenario)) ?? (clear ? { faults: [] } : undefined);
  const report = await (wanted ? replaceFaults(record, wanted) : readFaults(record));
  if (output === 'json') printJson(this, report);
  else print(this, reportText(report));
}

/** The faults of the file and of the command line together; undefined when neither is given. */
export async function scenarioOf(
  { cwd }: AppContext,
  faults: readonly Fault[],
  file: string | undefined,
): Promise<Scenario | undefined> {
  const scenario = file === undefined ? undefined : await readScenario(path.resolve(cwd, file));
  if (!scenario && faults.length === 0) return undefined;
  return { ...scenario, faults: [...(scenario?.faults ?? []), ...faults] };
}

function reportText(report: readonly FaultReport[]): string {
  if (report.length === 0) return 'Nothing goes wrong.';
  const rows = report.map(({ fault, struck }) => [faultText(fault), String(struck)]);
  return formatTable([['FAULT', 'STRUCK'], ...rows]).trimEnd();
}
