import { parseArgs } from 'node:util';

/** What every bench takes: `--json`, `--sizes 3,100` in place of its own sizes, and `--time-scale` where time is simulated. */
export function readOptions(args: readonly string[], sizes: readonly number[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      sizes: { type: 'string' },
      'time-scale': { type: 'string', default: '10' },
    },
  });
  return {
    json: values.json,
    sizes: values.sizes?.split(',').map(Number) ?? sizes,
    timeScale: Number(values['time-scale']),
  };
}

export interface BenchOptions {
  json: boolean;
  /** Numbers of machines. */
  sizes: readonly number[];
  /** How many times faster than real simulated machines live. */
  timeScale: number;
}
