import { readFile } from 'node:fs/promises';
import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import { writeAtomically } from '../state/atomic.ts';
import { shortHash } from './hashes.ts';

/**
 * A plan that was made at one time and is carried out at another: what MAAS told, and what follows from it. Kubernetes is
 * asked again, and every machine is looked at again before something costs its disks.
 */
export interface SavedPlan extends Origin {
  /** When MAAS was asked: ISO 8601. */
  seenAt: string;
  /** Every machine with a role tag. */
  machines: readonly Machine[];
  /** Hash of what was shown. */
  shown: string;
}

/** What must be the same when the plan is carried out. */
export interface Origin {
  /** Version of coldstart: another one may plan otherwise. */
  coldstart: string;
  /** URL of the region. */
  maas: string;
  cluster: string;
  /** Name of the newest run, `''` before the first: a run changes machines. */
  newestRun: string;
}

/** Writes a plan to a file of mode 0600, with a hash, so that damage shows. */
export async function savePlan(file: string, plan: SavedPlan): Promise<void> {
  await writeAtomically(file, `${JSON.stringify({ sum: shortHash(plan), plan })}\n`);
}

/** Errors: PLAN_UNUSABLE for a file that is missing, damaged, or of another time or cluster. */
export async function readSavedPlan(file: string, now: Origin): Promise<SavedPlan> {
  const plan = parse(await read(file), file);
  const differences: [keyof Origin, string][] = [
    ['coldstart', `it was made by coldstart ${plan.coldstart}, and this is ${now.coldstart}`],
    ['maas', `it is of the MAAS ${plan.maas}, and this is ${now.maas}`],
    ['cluster', `it is of the cluster "${plan.cluster}", and this is "${now.cluster}"`],
    ['newestRun', `the machines have changed since: the run ${now.newestRun} began after it`],
  ];
  const differs = differences.find(([what]) => plan[what] !== now[what]);
  if (differs) throw unusable(file, differs[1]);
  return plan;
}

/** Settings or nodes may have changed since: what would be done must be what a person has read. Errors: PLAN_UNUSABLE. */
export function requireAsShown(file: string, plan: SavedPlan, shown: string): void {
  if (plan.shown !== shown)
    throw unusable(file, 'something else would be done now: settings or nodes have changed since');
}

/** The machines as `Facts` have them. */
export function machinesOf({ machines }: SavedPlan): ReadonlyMap<SystemId, Machine> {
  return new Map(machines.map(machine => [machine.id, machine]));
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new ColdstartError('PLAN_UNUSABLE', `could not read the plan in ${file}`, { cause: error });
  }
}

function parse(text: string, file: string): SavedPlan {
  try {
    const { sum, plan } = JSON.parse(text) as { sum: unknown; plan: SavedPlan };
    if (sum === shortHash(plan)) return plan;
  } catch {
    // Not JSON, or not of that shape: the same is wrong with it.
  }
  throw unusable(file, 'it is no saved plan, or it was changed or cut off');
}

function unusable(file: string, because: string): ColdstartError {
  return new ColdstartError('PLAN_UNUSABLE', `cannot carry out the plan in ${file}`, { because });
}
