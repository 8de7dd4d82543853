import { runJson, runsTable, runText } from '../render/history.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { findRun, nothingKnown, openHistory } from './open-history.ts';

export interface HistoryFlags extends ReadFlags {
  limit: number;
}

export async function history(this: AppContext, flags: HistoryFlags, wanted?: string): Promise<void> {
  const open = await openHistory(this, flags);
  const { paint } = this;
  if (wanted !== undefined) {
    const run = findRun(open, wanted);
    if (flags.output === 'json') printJson(this, runJson(run));
    else print(this, runText(run, paint.out));
    return;
  }
  const runs = open.history.runs.slice(-flags.limit);
  if (flags.output === 'json') printJson(this, { cluster: open.cluster, runs: runs.map(runJson) });
  else if (runs.length === 0) print(this, await nothingKnown('run', open));
  else print(this, runsTable(runs, paint.out));
}
