// Writes the pages of docs/ that are made from the code; scripts/documents.ts makes their text.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(root, 'node_modules', '.docs-'));
try {
  const outfile = join(folder, 'documents.mjs');
  await build({
    entryPoints: [join(root, 'scripts/documents.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const { generatedDocuments } = await import(pathToFileURL(outfile).href);
  for (const [name, text] of Object.entries(generatedDocuments())) {
    await writeFile(join(root, 'docs', name), text);
  }
} finally {
  await rm(folder, { recursive: true });
}
