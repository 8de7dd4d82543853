import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { readJournal } from '../journal/file.ts';
import { foldJournal, type RunView } from '../journal/fold.ts';
import { writeAtomically } from '../state/atomic.ts';
import {
  type AddonHistory,
  emptyHistory,
  foldRun,
  type History,
  type MachineHistory,
  type RunRecord,
} from './history.ts';

/** A line of the ledger. The first one says how the others are to be read. */
type Line =
  | { kind: 'ledger'; format: number }
  | ({ kind: 'run' } & RunRecord)
  | ({ kind: 'machine' } & MachineHistory)
  | ({ kind: 'addon' } & AddonHistory);

/** Another format is not read: the ledger is made anew from the journals. */
const format = 2;

/**
 * Everything that is remembered of a cluster's runs: the ledger, and the runs that are not in it yet. `except` is left
 * out. Writes nothing, so it can be asked while another coldstart works on the cluster.
 */
export async function readHistory(clusterDir: string, except: readonly string[] = []): Promise<History> {
  return (await historyAndNews(clusterDir, except)).history;
}

/**
 * The same, and keeps it: runs that were cut off before they could add themselves are in the ledger from now on. Only
 * the holder of the cluster's lock may call this.
 */
export async function keepHistory(clusterDir: string): Promise<History> {
  const { history, isNew } = await historyAndNews(clusterDir, []);
  if (isNew) await writeLedger(clusterDir, history);
  return history;
}

/** Adds a run that has ended to the history, and keeps it. Only for the holder of the cluster's lock. */
export async function addRun(clusterDir: string, history: History, view: RunView): Promise<RunRecord> {
  const record = foldRun(history, view);
  await writeLedger(clusterDir, history);
  return record;
}

/** Names of the folders of a cluster's runs, oldest first. */
async function listRuns(clusterDir: string): Promise<string[]> {
  try {
    return (await readdir(path.join(clusterDir, 'runs'))).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Name of the run that began last, whatever became of it; `''` before the first. */
export async function newestRun(clusterDir: string): Promise<string> {
  return (await listRuns(clusterDir)).at(-1) ?? '';
}

/** A run as its journal tells it; undefined where there is no journal, or a damaged one. */
export async function readRun(clusterDir: string, run: string): Promise<RunView | undefined> {
  try {
    return foldJournal(await readJournal(path.join(clusterDir, 'runs', run)));
  } catch {
    return undefined;
  }
}

async function historyAndNews(
  clusterDir: string,
  except: readonly string[],
): Promise<{ history: History; isNew: boolean }> {
  const history = parseLedger(await readLedger(clusterDir));
  const known = new Set(history.runs.map(({ run }) => run));
  let isNew = false;
  for (const run of await listRuns(clusterDir)) {
    if (known.has(run) || except.includes(run)) continue;
    const view = await readRun(clusterDir, run);
    if (!view) continue;
    // The folder names the run, whatever is written in it: a copied folder must not be read again and again.
    foldRun(history, { ...view, run });
    isNew = true;
  }
  return { history, isNew };
}

function ledgerFile(clusterDir: string): string {
  return path.join(clusterDir, 'history.jsonl');
}

async function readLedger(clusterDir: string): Promise<string> {
  try {
    return await readFile(ledgerFile(clusterDir), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** A ledger that cannot be read counts as none: everything in it can be made again. */
function parseLedger(text: string): History {
  const history = emptyHistory();
  try {
    const lines = text.split('\n').filter(line => line !== '');
    const [head, ...rest] = lines.map(line => JSON.parse(line) as Line);
    if (head?.kind !== 'ledger' || head.format !== format) return history;
    for (const line of rest) {
      if (line.kind === 'run') history.runs.push(withoutKind(line));
      if (line.kind === 'machine') history.machines.set(line.id, withoutKind(line));
      if (line.kind === 'addon') history.addons.set(line.id, withoutKind(line));
    }
    return history;
  } catch {
    return emptyHistory();
  }
}

function withoutKind<T extends { kind: string }>({ kind: _, ...rest }: T): Omit<T, 'kind'> {
  return rest;
}

async function writeLedger(clusterDir: string, { runs, machines, addons }: History): Promise<void> {
  const lines: Line[] = [
    { kind: 'ledger', format },
    ...runs.map((run): Line => ({ kind: 'run', ...run })),
    ...[...machines.values()].map((machine): Line => ({ kind: 'machine', ...machine })),
    ...[...addons.values()].map((addon): Line => ({ kind: 'addon', ...addon })),
  ];
  await writeAtomically(ledgerFile(clusterDir), lines.map(line => `${JSON.stringify(line)}\n`).join(''));
}
