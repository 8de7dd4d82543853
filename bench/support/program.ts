import { mkdtemp, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';

export interface Used {
  /** From the start of the process to its end. */
  seconds: number;
  /** User and system time of the process itself. */
  cpuSeconds: number;
  peakMegabytes: number;
  stdout: string;
}

/** The root of the checkout: benches are started by npm, from there. */
export const checkout = process.cwd();
export const bundle = path.join(checkout, 'dist', 'coldstart.cjs');

/** Runs a Node program to its end and says what it used. Throws when it fails. */
export async function measured(args: readonly string[], env: Record<string, string> = {}): Promise<Used> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-measure-'));
  const file = path.join(dir, 'used.json');
  const preload = pathToFileURL(path.join(checkout, 'bench/support/measure.mjs')).href;
  try {
    const { seconds, stdout } = await timed(['--import', preload, ...args], {
      ...env,
      COLDSTART_MEASURE: file,
    });
    return { ...(JSON.parse(await readFile(file, 'utf8')) as Used), seconds, stdout };
  } finally {
    await rm(dir, { recursive: true });
  }
}

/**
 * Runs a Node program to its end, with nothing added to it. Authorities beyond Node's own, which Node 20 reads at every start
 * even if nobody uses TLS (50 ms for those of a whole system), are left out.
 */
export async function timed(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<Pick<Used, 'seconds' | 'stdout'>> {
  const startedAt = performance.now();
  const { stdout } = await execa(process.execPath, args, {
    env: { ...env, NODE_EXTRA_CA_CERTS: undefined },
    stdin: 'ignore',
    maxBuffer: 256e6,
  });
  return { seconds: (performance.now() - startedAt) / 1000, stdout };
}

/** The median of several measurements: starts of programs differ much on a busy computer. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
