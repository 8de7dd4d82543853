import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { JournalEntry } from '../../src/journal/events.ts';
import { readJournal } from '../../src/journal/file.ts';

/** Names of a cluster's runs, oldest first. */
export function runsOf(home: string, cluster = 'lab'): string[] {
  const dir = path.join(home, 'clusters', cluster, 'runs');
  return existsSync(dir) ? readdirSync(dir).sort() : [];
}

/** The journal of one run. */
export function journalOf(home: string, run: string, cluster = 'lab'): Promise<JournalEntry[]> {
  return readJournal(path.join(home, 'clusters', cluster, 'runs', run)).catch(() => []);
}
