import { badRequest, invalid, required } from './errors.ts';

/** Parameters of a query or a form, in which every name may be repeated. */
export class Params {
  readonly #entries: readonly (readonly [string, string])[];

  constructor(entries: Iterable<readonly [string, string]> = []) {
    this.#entries = [...entries];
  }

  /** The last value, as Django takes it; undefined when the name is not there. */
  one(name: string): string | undefined {
    return this.#entries.findLast(([key]) => key === name)?.[1];
  }

  all(name: string): string[] {
    return this.#entries.filter(([key]) => key === name).map(([, value]) => value);
  }

  has(name: string): boolean {
    return this.#entries.some(([key]) => key === name);
  }

  names(): string[] {
    return [...new Set(this.#entries.map(([key]) => key))];
  }

  entries(): readonly (readonly [string, string])[] {
    return this.#entries;
  }

  without(...names: string[]): Params {
    return new Params(this.#entries.filter(([key]) => !names.includes(key)));
  }

  /** A parameter that an operation cannot do without: 400 in plain text when it is missing. */
  mandatory(name: string): string {
    const value = this.one(name);
    if (value === undefined) throw badRequest(`No provided ${name}!`);
    return value;
  }

  /** A field that a form cannot do without: 400 by field when it is missing or empty. */
  field(name: string): string {
    const value = this.one(name)?.trim();
    if (!value) throw invalid({ [name]: required });
    return value;
  }

  /** `true/false`, `1/0`, `yes/no`, `on/off` in any case. */
  bool(name: string, otherwise = false): boolean {
    const value = this.one(name)?.toLowerCase();
    if (value === undefined || value === '') return otherwise;
    return ['true', '1', 'yes', 'on', 't', 'y'].includes(value);
  }
}
