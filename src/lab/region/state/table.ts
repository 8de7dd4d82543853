/** Records by key. `put` again after changing a record in place, so that the change is kept. */
export interface Table<T> {
  get(key: string | number): T | undefined;
  put(key: string | number, value: T): void;
  delete(key: string | number): boolean;
  values(): IterableIterator<T>;
  readonly size: number;
  /** Finds rows by something else than their key, without looking through all of them. As up to date as the last `put`. */
  index(of: (row: T) => string | number | null): Index<T>;
}

/** Rows by a value that they have; those without one are not in it. */
export interface Index<T> {
  first(value: string | number): T | undefined;
  count(value: string | number): number;
}

/** A table over rows that somebody else keeps, and is told of changes. */
export function tableOver<T>(rows: Map<string, T>, changed: (key: string) => void): Table<T> {
  const indexes: OwnIndex<T>[] = [];
  return {
    get: key => rows.get(String(key)),
    put(key, value) {
      rows.set(String(key), value);
      for (const index of indexes) index.put(String(key), value);
      changed(String(key));
    },
    delete(key) {
      const had = rows.delete(String(key));
      for (const index of indexes) index.delete(String(key));
      if (had) changed(String(key));
      return had;
    },
    values: () => rows.values(),
    get size() {
      return rows.size;
    },
    index(of) {
      const index = new OwnIndex(rows, of);
      indexes.push(index);
      return index;
    },
  };
}

class OwnIndex<T> implements Index<T> {
  readonly #rows: ReadonlyMap<string, T>;
  readonly #of: (row: T) => string | number | null;
  readonly #keys = new Map<string, Set<string>>();
  readonly #valueOf = new Map<string, string>();

  constructor(rows: ReadonlyMap<string, T>, of: (row: T) => string | number | null) {
    this.#rows = rows;
    this.#of = of;
    for (const [key, row] of rows) this.put(key, row);
  }

  first(value: string | number): T | undefined {
    for (const key of this.#keys.get(String(value)) ?? []) return this.#rows.get(key);
    return undefined;
  }

  count(value: string | number): number {
    return this.#keys.get(String(value))?.size ?? 0;
  }

  put(key: string, row: T): void {
    const value = this.#of(row);
    if (String(value) === this.#valueOf.get(key)) return;
    this.delete(key);
    if (value === null) return;
    const keys = this.#keys.get(String(value)) ?? new Set();
    this.#keys.set(String(value), keys.add(key));
    this.#valueOf.set(key, String(value));
  }

  delete(key: string): void {
    const value = this.#valueOf.get(key);
    if (value === undefined) return;
    this.#valueOf.delete(key);
    const keys = this.#keys.get(value);
    keys?.delete(key);
    if (keys?.size === 0) this.#keys.delete(value);
  }
}
