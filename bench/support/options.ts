import { parseArgs } from 'node:util';

/** What every bench takes: `--json`, and `--sizes 3,100` in place of its own sizes. */
export function readOptions(args: readonly string[], sizes: readonly number[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, sizes: { type: 'string' } },
  });
  return { json: values.json, sizes: values.sizes?.split(',').map(Number) ?? sizes };
}

export interface BenchOptions {
  json: boolean;
  /** Numbers of machines. */
  sizes: readonly number[];
}
