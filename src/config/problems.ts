import type { z } from 'zod';
import { catalogue } from '../addons/catalogue/index.ts';
import { ColdstartError } from '../core/errors.ts';
import { settingPaths } from './json-schema.ts';
import { isPlainMap } from './merge.ts';
import { closest } from './suggest.ts';
import type { Path } from './yaml-file.ts';

/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** Where it was given: `cluster.yaml:3:5`, `MAAS_API_KEY`. */
  at: string;
  /** The setting, such as `kubernetes.version`; empty when it is about a whole file. */
  path: string;
  message: string;
}

/** A problem of the schema, before its place is looked up. */
export interface SchemaProblem {
  path: Path;
  part: 'key' | 'value';
  message: string;
}

const shownAtMost = 50;
/** Beyond that nobody reads on, and looking up places would take long. */
const lookedAtAtMost = 200;

/** One CONFIG_INVALID with every problem, one a line, in the order of the file. */
export function configInvalid(problems: readonly ConfigProblem[]): ColdstartError {
  const sorted = problems.toSorted((a, b) => a.at.localeCompare(b.at, 'en', { numeric: true }));
  const lines = sorted.slice(0, shownAtMost).map(oneLine);
  if (problems.length > shownAtMost) lines.push('and more');
  const count = problems.length === 1 ? 'a problem' : `${problems.length} problems`;
  return new ColdstartError('CONFIG_INVALID', `the configuration has ${count}:\n  ${lines.join('\n  ')}`, {
    data: { problems: sorted },
  });
}

/** Our words for what zod found. `known` are the paths of all settings, items of lists without their number. */
export function schemaProblems(error: z.ZodError, known: readonly string[] = knownPaths()): SchemaProblem[] {
  return error.issues.slice(0, lookedAtAtMost).flatMap((issue): SchemaProblem[] => {
    const unknown = unknownAddon(issue.path, issue.input);
    if (unknown !== undefined) return [{ path: issue.path, part: 'key', message: unknown }];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.slice(0, shownAtMost).map(key => ({
        path: [...issue.path, key],
        part: 'key',
        message: unknownKey(issue.path, key, known),
      }));
    }
    if (issue.code === 'invalid_key') {
      return [{ path: issue.path, part: 'key', message: issue.issues[0]?.message ?? issue.message }];
    }
    return [{ path: issue.path, part: 'value', message: messageOf(issue) }];
  });
}

function oneLine({ at, path, message }: ConfigProblem): string {
  return path === '' || path === at ? `${at}: ${message}` : `${at}: ${path}: ${message}`;
}

let paths: readonly string[] | undefined;

function knownPaths(): readonly string[] {
  paths ??= settingPaths();
  return paths;
}

function unknownKey(parent: Path, key: string, known: readonly string[]): string {
  const prefix = parent
    .filter(part => typeof part !== 'number')
    .map(part => `${String(part)}.`)
    .join('');
  const siblings = known
    .filter(path => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'))
    .map(path => path.slice(prefix.length));
  const near = closest(key, siblings);
  if (near !== undefined) return `unknown key, did you mean ${near}?`;
  const elsewhere = known.filter(path => path.endsWith(`.${key}`) && !path.startsWith('addons.'));
  if (elsewhere.length === 1) return `unknown key here, did you mean ${elsewhere[0]}?`;
  return siblings.length > 0 ? `unknown key; known here: ${siblings.join(', ')}` : 'unknown key';
}

/** What is neither in the catalogue nor has a chart or manifests of its own was most likely meant to be in the catalogue. */
function unknownAddon([section, name, ...rest]: Path, input: unknown): string | undefined {
  if (section !== 'addons' || name === undefined || rest.length > 0) return undefined;
  const names = catalogue.map(addon => addon.name);
  if (names.includes(String(name)) || (isPlainMap(input) && ('chart' in input || 'manifests' in input)))
    return undefined;
  const near = closest(String(name), names);
  const meant = near === undefined ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
  return `is not in the catalogue (${meant}); an add-on of your own needs chart or manifests`;
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  record: 'a map',
  object: 'a map',
  array: 'a list',
  number: 'a number',
  boolean: 'true or false',
};

function messageOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type') {
    const found = kindOf(issue.input);
    const quotes =
      issue.expected === 'string' && /number|true or false/.test(found) ? ': put it in quotes' : '';
    return `must be ${kinds[issue.expected] ?? issue.expected}, not ${found}${quotes}`;
  }
  if (issue.code === 'invalid_value') {
    const near = typeof issue.input === 'string' ? closest(issue.input, issue.values.map(String)) : undefined;
    return `must be one of ${issue.values.join(', ')}${near === undefined ? '' : ` (did you mean ${near}?)`}`;
  }
  return issue.message;
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return 'empty';
  return kinds[Array.isArray(value) ? 'array' : typeof value] ?? typeof value;
}
