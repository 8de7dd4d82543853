import * as z from 'zod';
import { clusterSchema } from './schema.ts';

/** A part of a JSON Schema, as far as it is read here. */
export interface JsonSchema {
  properties?: Record<string, JsonSchema>;
  [keyword: string]: unknown;
}

/** JSON Schema (draft 2020-12) of cluster.yaml, for editors: schema/cluster.schema.json is its output. */
export function clusterJsonSchema(): JsonSchema {
  const schema = z.toJSONSchema(clusterSchema, { io: 'input' }) as JsonSchema;
  allowVersionAsNumber(schema);
  allowTrueForAddons(schema);
  return { $schema: schema.$schema, title: "coldstart's cluster.yaml", ...schema };
}

/** What scripts/schema.mjs writes. */
export function clusterJsonSchemaText(): string {
  return `${JSON.stringify(clusterJsonSchema(), null, 2)}\n`;
}

/** Every setting as a path such as `kubernetes.podSubnet`, sections included. */
export function settingPaths(schema: JsonSchema = clusterJsonSchema(), prefix = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, child]) => [
    `${prefix}${key}`,
    ...settingPaths(child, `${prefix}${key}.`),
  ]);
}

/** `version: 1.36` without quotes is a number for an editor; the loader takes it as it was written. */
function allowVersionAsNumber(schema: JsonSchema): void {
  const version = schema.properties?.kubernetes?.properties?.version;
  if (version !== undefined) version.type = ['string', 'number'];
}

/** `NAME: true` is an add-on with nothing but defaults. */
function allowTrueForAddons(schema: JsonSchema): void {
  for (const addon of Object.values(schema.properties?.addons?.properties ?? {}))
    addon.type = ['object', 'boolean'];
}
