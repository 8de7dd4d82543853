import type { RunRecord } from './history.ts';
import { readHistory, readRun } from './store.ts';

/** Who comes back later than this wants fresh machines, not the rest of what was left. */
const goesOnWithinMs = 24 * 3_600_000;

/**
 * When the reset began that did not come to its end, and that the next one goes on with; undefined where there is none.
 * One that erased the disks in another way is another reset. Milliseconds since the epoch.
 */
export async function unfinishedReset(
  clusterDir: string,
  erase: string | undefined,
  now: number,
): Promise<number | undefined> {
  const { runs } = await readHistory(clusterDir);
  let since: number | undefined;
  for (const { run, startedAt } of unfinishedResets(runs, now)) {
    const view = await readRun(clusterDir, run);
    if (view?.settings['erase'] !== erase) return since;
    since = startedAt;
  }
  return since;
}

/** The resets since the last run that was another, or came to its end; the newest one first. Pure. */
export function unfinishedResets(runs: readonly RunRecord[], now: number): RunRecord[] {
  const newestFirst = runs.toSorted((a, b) => b.startedAt - a.startedAt);
  const end = newestFirst.findIndex(({ command, outcome }) => command !== 'reset' || outcome === 'done');
  const chain = end === -1 ? newestFirst : newestFirst.slice(0, end);
  const [newest] = chain;
  return newest && now - (newest.startedAt + newest.ms) < goesOnWithinMs ? chain : [];
}
