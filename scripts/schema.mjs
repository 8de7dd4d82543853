// Writes schema/cluster.schema.json from the schema of cluster.yaml.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = await mkdtemp(join(root, 'node_modules', '.schema-'));
try {
  const outfile = join(folder, 'json-schema.mjs');
  await build({
    entryPoints: [join(root, 'src/config/json-schema.ts')],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  });
  const { clusterJsonSchemaText } = await import(pathToFileURL(outfile).href);
  await writeFile(join(root, 'schema', 'cluster.schema.json'), clusterJsonSchemaText());
} finally {
  await rm(folder, { recursive: true });
}
