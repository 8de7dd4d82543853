import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { loadSettings } from '../compose.ts';
import { ColdstartError } from '../core/errors.ts';
import type { History, RunRecord } from '../history/history.ts';
import { newestRun, readHistory } from '../history/store.ts';
import { clusterDir } from '../state/paths.ts';
import type { AppContext } from './context.ts';
import type { SiteFlags } from './flags.ts';

/** What is remembered of the cluster that the flags describe. Asks neither MAAS nor Kubernetes. */
export interface OpenHistory {
  cluster: string;
  clusterDir: string;
  history: History;
}

export async function openHistory(context: AppContext, flags: SiteFlags): Promise<OpenHistory> {
  const { env, cwd } = context;
  const { loaded } = await loadSettings({ env, cwd, ...flags, labMayBeDown: true });
  const cluster = loaded.config.name;
  const dir = clusterDir(env, cluster);
  return { cluster, clusterDir: dir, history: await readHistory(dir) };
}

/** What to say where no such thing is known: most often another cluster is meant, and which ones have runs is known. */
export async function nothingKnown(
  what: 'run' | 'machine',
  { cluster, clusterDir: dir }: OpenHistory,
): Promise<string> {
  const nothing = `No ${what} of the cluster "${cluster}" is known yet.`;
  const others = await othersWithRuns(dir);
  if (others.length === 0) return nothing;
  return `${nothing}\nThere are runs for ${others.join(', ')}: --lab means the lab's cluster, --config another file.`;
}

/** Names of the clusters beside this one that have runs. */
async function othersWithRuns(dir: string): Promise<string[]> {
  const clusters = path.dirname(dir);
  const folders = await readdir(clusters, { withFileTypes: true }).catch(() => []);
  const names = folders.filter(folder => folder.isDirectory()).map(({ name }) => name);
  const newest = await Promise.all(names.map(name => newestRun(path.join(clusters, name))));
  return names.filter((name, index) => name !== path.basename(dir) && newest[index] !== '').sort();
}

/** The run that a person means: `last`, its name, or the beginning of it. Errors: USAGE. */
export function findRun({ cluster, history: { runs } }: OpenHistory, wanted: string): RunRecord {
  const found = wanted === 'last' ? runs.slice(-1) : runs.filter(({ run }) => run.startsWith(wanted));
  const [first] = found.filter(({ run }) => run === wanted).concat(found);
  const isClear = found.length === 1 || first?.run === wanted;
  if (first && isClear) return first;
  const because = found.length === 0 ? 'there is none' : `${found.length} runs begin like that`;
  throw new ColdstartError('USAGE', `which run of ${cluster} is ${wanted}?`, {
    because,
    hint: 'coldstart history lists them; last means the newest one',
  });
}
