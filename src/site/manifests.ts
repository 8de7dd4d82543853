import { readFile } from 'node:fs/promises';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../addons/definition.ts';
import { ColdstartError } from '../core/errors.ts';
import { getBody } from '../net/http.ts';

/** Every object of the files and URLs. Errors: ADDON_FAILED. */
export async function readManifests(
  from: readonly string[],
  signal?: AbortSignal,
): Promise<KubernetesObject[]> {
  const texts = await Promise.all(from.map(async each => ({ each, text: await textOf(each, signal) })));
  return texts.flatMap(({ each, text }) => objectsIn(text, each));
}

/** Every object of some YAML documents; the items of lists on their own. Errors: ADDON_FAILED, naming `from`. */
export function objectsIn(text: string, from: string): KubernetesObject[] {
  const documents = parseAllDocuments(text);
  const list = Array.isArray(documents) ? documents : [];
  return list.flatMap(document => {
    const [error] = document.errors;
    if (error) throw unusable(from, error.message.split('\n')[0] ?? error.code);
    const value: unknown = document.toJS();
    return value === null ? [] : flattened(value, from);
  });
}

function flattened(value: unknown, from: string): KubernetesObject[] {
  const { apiVersion, kind, metadata, items } = (value ?? {}) as Partial<KubernetesObject>;
  if (typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items))
    return items.flatMap(item => flattened(item, from));
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || typeof metadata?.name !== 'string')
    throw unusable(from, 'a document in it has no apiVersion, kind or metadata.name');
  return [value as KubernetesObject];
}

async function textOf(from: string, signal?: AbortSignal): Promise<string> {
  try {
    if (!from.includes('://')) return await readFile(from, 'utf8');
    return (await getBody(from, { env: process.env, signal })).toString();
  } catch (cause) {
    signal?.throwIfAborted();
    throw new ColdstartError('ADDON_FAILED', `could not read the manifest ${from}`, { cause });
  }
}

function unusable(from: string, because: string): ColdstartError {
  return new ColdstartError('ADDON_FAILED', `could not use the manifest ${from}`, { because });
}
