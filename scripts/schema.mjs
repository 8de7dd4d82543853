// Writes schema/cluster.schema.json from the schema of cluster.yaml.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { importSource, root } from './import-source.mjs';

const { clusterJsonSchemaText } = await importSource('src/config/json-schema.ts');
await writeFile(join(root, 'schema', 'cluster.schema.json'), clusterJsonSchemaText());
