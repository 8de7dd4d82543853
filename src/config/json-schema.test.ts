import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { clusterJsonSchema, clusterJsonSchemaText, settingPaths } from './json-schema.ts';

test('schema/cluster.schema.json is what the schema says: run node scripts/schema.mjs when it is not', async () => {
  const file = new URL('../../schema/cluster.schema.json', import.meta.url);
  expect(await readFile(file, 'utf8')).toBe(clusterJsonSchemaText());
});

test('every setting says what it is for', () => {
  const at = (path: string): unknown =>
    path.split('.').reduce((schema, key) => schema.properties?.[key] ?? {}, clusterJsonSchema()).description;
  const leaves = settingPaths().filter(path => !/\.(?:tag|kubernetes)$/.test(path));
  expect(leaves.filter(path => at(path) === undefined)).toEqual([]);
});
