import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { type Table, tableOver } from './table.ts';

export interface Store {
  /** Whether there was no state when it was opened. */
  readonly isNew: boolean;
  table<T>(name: string): Table<T>;
  /** Resolves when everything put so far is in the file. Calls at the same time share one write. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

const lazyWriteMs = 50;

/**
 * Keeps tables in one file of JSON lines, `[table, key, record or null]`: what changed is appended, many changes in
 * one write, and the file is rewritten in one step when it is opened or has grown too long. A line that a crash cut
 * short is dropped.
 */
export function openStore(dir: string): Store {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = path.join(dir, 'region.jsonl');
  const isNew = !existsSync(file);
  const tables = isNew ? new Map<string, Map<string, unknown>>() : readLog(file);
  const journal = new Journal(file, tables);
  return {
    isNew,
    table<T>(name: string): Table<T> {
      const rows = tables.get(name) ?? new Map<string, unknown>();
      tables.set(name, rows);
      return tableOver<T>(rows as Map<string, T>, key => journal.changed(name, key));
    },
    settled: () => journal.settled(),
    close: () => journal.close(),
  };
}

type Tables = Map<string, Map<string, unknown>>;

function readLog(file: string): Tables {
  const tables: Tables = new Map();
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const entry = parsed(line);
    if (!entry) continue;
    const [name, key, value] = entry;
    const rows = tables.get(name) ?? new Map<string, unknown>();
    tables.set(name, rows);
    if (value === null) rows.delete(key);
    else rows.set(key, value);
  }
  return tables;
}

function parsed(line: string): [string, string, unknown] | undefined {
  if (line === '') return undefined;
  try {
    return JSON.parse(line) as [string, string, unknown];
  } catch {
    return undefined;
  }
}

class Journal {
  readonly #file: string;
  readonly #tables: Tables;
  readonly #dirty = new Map<string, Set<string>>();
  #handle: FileHandle | undefined;
  #lines = 0;
  #isClosed = false;
  #writing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(file: string, tables: Tables) {
    this.#file = file;
    this.#tables = tables;
    this.#rewrite();
  }

  /** What background work still changes while the region closes is lost, as in a crash. */
  changed(table: string, key: string): void {
    if (this.#isClosed) return;
    const keys = this.#dirty.get(table) ?? new Set<string>();
    this.#dirty.set(table, keys.add(key));
    this.#timer ??= setTimeout(() => void this.settled(), lazyWriteMs).unref();
  }

  /** A write under way may have begun before the caller's change, so the one after it counts too. */
  async settled(): Promise<void> {
    if (this.#writing) await this.#writing;
    if (!this.#writing && this.#dirty.size === 0) return;
    this.#writing ??= this.#append().finally(() => {
      this.#writing = undefined;
    });
    await this.#writing;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.settled();
    clearTimeout(this.#timer);
    await this.#handle?.close();
    this.#handle = undefined;
  }

  async #append(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#takeDirty();
    if (lines.length === 0) return;
    this.#handle ??= await open(this.#file, 'a', 0o600);
    await this.#handle.appendFile(`${lines.join('\n')}\n`);
    this.#lines += lines.length;
    if (this.#lines > 10_000 + 4 * this.#liveRows()) {
      await this.#handle.close();
      this.#handle = undefined;
      this.#rewrite();
    }
  }

  #takeDirty(): string[] {
    const lines: string[] = [];
    for (const [table, keys] of this.#dirty) {
      const rows = this.#tables.get(table);
      for (const key of keys) lines.push(JSON.stringify([table, key, rows?.get(key) ?? null]));
    }
    this.#dirty.clear();
    return lines;
  }

  #liveRows(): number {
    return [...this.#tables.values()].reduce((sum, rows) => sum + rows.size, 0);
  }

  #rewrite(): void {
    const lines: string[] = [];
    for (const [table, rows] of this.#tables) {
      for (const [key, value] of rows) lines.push(JSON.stringify([table, key, value]));
    }
    writeFileSync(`${this.#file}.new`, lines.map(line => `${line}\n`).join(''), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
    this.#lines = lines.length;
  }
}
