import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Imports a TypeScript module of this checkout: the oldest Node that is supported cannot read TypeScript itself. */
export async function importSource(path) {
  const folder = await mkdtemp(join(root, 'node_modules', '.source-'));
  try {
    const outfile = join(folder, 'module.mjs');
    await build({
      entryPoints: [join(root, path)],
      outfile,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      logLevel: 'warning',
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    await rm(folder, { recursive: true });
  }
}
