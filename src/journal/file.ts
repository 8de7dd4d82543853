import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { ColdstartError } from '../core/errors.ts';
import type { JournalEntry, JournalEvent } from './events.ts';

/** Where a run writes what happened. */
export interface Journal {
  /** The folder of the run: journal, Ansible output, inventory. Mode 0700. */
  readonly dir: string;
  /** Resolves when the event is on disk. */
  append(event: JournalEvent): Promise<void>;
  close(): Promise<void>;
}

export interface JournalOptions {
  dir: string;
  now: () => number;
  /** Called with every entry once it is on disk. */
  onEntry?: (entry: JournalEntry) => void;
  /** Called once, when an event could not be written: nothing may be changed any more, since nobody would know. */
  onBroken?: (error: ColdstartError) => void;
}

/**
 * Opens a new journal, `journal.jsonl` in `dir`: one JSON object a line, flushed to disk in groups. After an event that
 * could not be written (a full disk) every `append` throws FILE_ERROR.
 */
export async function openJournal({ dir, now, onEntry, onBroken }: JournalOptions): Promise<Journal> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const file = await open(path.join(dir, 'journal.jsonl'), 'ax', 0o600);
  let seq = 0;
  let pending: { entry: JournalEntry; settled: PromiseWithResolvers }[] = [];
  let flushing: Promise<void> | undefined;
  let broken: ColdstartError | undefined;

  const flush = async (): Promise<void> => {
    while (pending.length > 0) {
      const group = pending;
      pending = [];
      broken ??= await writeGroup(file, group);
      if (broken) {
        for (const { settled } of group) settled.reject(broken);
        onBroken?.(broken);
        continue;
      }
      for (const { entry, settled } of group) {
        onEntry?.(entry);
        settled.resolve();
      }
    }
    flushing = undefined;
  };
  return {
    dir,
    append(event) {
      const entry: JournalEntry = { seq: ++seq, at: now(), ...event };
      const settled = withResolvers();
      pending.push({ entry, settled });
      flushing ??= Promise.resolve().then(flush);
      return settled.promise;
    },
    async close() {
      await flushing;
      await file.close();
    },
  };
}

/** The entries of a journal. A last line that was cut off by a crash is left out. */
export async function readJournal(dir: string): Promise<JournalEntry[]> {
  const text = await readFile(path.join(dir, 'journal.jsonl'), 'utf8');
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line) as JournalEntry);
}

/** What kept it from the disk; undefined when it is there. */
async function writeGroup(
  file: FileHandle,
  group: readonly { entry: JournalEntry }[],
): Promise<ColdstartError | undefined> {
  try {
    await file.appendFile(group.map(({ entry }) => `${JSON.stringify(entry)}\n`).join(''));
    await file.datasync();
    return undefined;
  } catch (cause) {
    return new ColdstartError('FILE_ERROR', 'could not write down what happens, so nothing more was begun', {
      cause,
      hint: 'make room on the disk of the state folder, then run the same command again: it goes on where it stopped',
    });
  }
}

interface PromiseWithResolvers {
  promise: Promise<void>;
  resolve: () => void;
  reject: (reason: unknown) => void;
}

function withResolvers(): PromiseWithResolvers {
  let resolve!: () => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<void>((ok, bad) => {
    resolve = ok;
    reject = bad;
  });
  return { promise, resolve, reject };
}
