import { isDeepStrictEqual } from 'node:util';
import { ColdstartError } from '../core/errors.ts';
import { type ClusterEntries, entriesForCluster, entryNames, renameForCluster } from './kubeconfig.ts';
import { addItem, openYaml, removeItem, setValue } from './yaml-edit.ts';

const listNames = ['clusters', 'contexts', 'users'] as const satisfies readonly (keyof ClusterEntries)[];

/**
 * Puts the current context of `ours` into an existing kubeconfig, named after the cluster. Every byte that is not ours
 * stays: the text is edited in place, comments and style included. The current context changes only with `setCurrent`,
 * or when there is none. Throws KUBECONFIG_INVALID when the existing text cannot be read or edited safely.
 */
export function mergeKubeconfig(
  existing: string | undefined,
  ours: string,
  name: string,
  { setCurrent = false }: { setCurrent?: boolean } = {},
): string {
  const before = read(existing ?? '');
  if (existing === undefined || before === undefined) {
    return withFinalNewline(existing ?? '') + renameForCluster(ours, name);
  }
  const entries = entriesForCluster(ours, name);
  const current = setCurrent || !before['current-context'] ? name : before['current-context'];
  const expected: Plain = { ...before, 'current-context': current };
  let merged = existing;
  for (const list of listNames) {
    const entry = entries[list];
    const known = before[list]?.find(item => item?.name === entry.name);
    if (!isDeepStrictEqual(known, entry)) merged = addItem(merged, list, entry);
    expected[list] = [...withoutName(before[list], entry.name), entry];
  }
  if (current !== before['current-context']) merged = setValue(merged, 'current-context', current);
  verify(merged, expected, name);
  return merged;
}

/** Takes the entries of the cluster out again. The text comes back unchanged when there are none. */
export function removeFromKubeconfig(existing: string, name: string): string {
  const before = read(existing);
  if (before === undefined) return existing;
  const names = entryNames(name);
  const isCurrent = before['current-context'] === names.contexts;
  const expected: Plain = { ...before, 'current-context': isCurrent ? '' : before['current-context'] };
  let rest = existing;
  for (const list of listNames) {
    rest = removeItem(rest, list, names[list]);
    expected[list] = withoutName(before[list], names[list]);
  }
  if (isCurrent) rest = setValue(rest, 'current-context', '');
  verify(rest, expected, name);
  return rest;
}

type Item = { name?: unknown } | null;
type Lists = Partial<Record<(typeof listNames)[number], Item[] | null | undefined>>;
type Plain = Lists & { 'current-context'?: string | null | undefined };

/** The content of a kubeconfig; undefined when it holds nothing. */
function read(text: string): Plain | undefined {
  const { plain, problem } = openYaml(text);
  if (problem !== undefined) throw unreadable(problem);
  if (plain === undefined) return undefined;
  const wrong = listNames.find(list => (plain[list] ?? null) !== null && !Array.isArray(plain[list]));
  if (wrong !== undefined) throw unreadable(`${wrong} is not a list`);
  const current = plain['current-context'] ?? '';
  if (typeof current !== 'string') throw unreadable('current-context is not text');
  return plain;
}

/** Proves that nothing but our entries changed: a text that defeats the editing is left alone. */
function verify(text: string, expected: Plain, name: string): void {
  const { plain } = openYaml(text);
  if (plain === undefined || !isDeepStrictEqual(comparable(plain, name), comparable(expected, name))) {
    throw unreadable('it is written in a way that cannot be edited without touching its other entries');
  }
}

/** With our entries last and empty lists alike, so that only what matters is compared. */
function comparable(plain: Plain, name: string): unknown {
  const names = entryNames(name);
  const lists = listNames.map(list => {
    const others = withoutName(plain[list], names[list]);
    const ours = (plain[list] ?? []).filter(item => item?.name === names[list]);
    return [list, [...others, ...ours]];
  });
  return { ...plain, ...Object.fromEntries(lists), 'current-context': plain['current-context'] ?? '' };
}

function withoutName(items: Item[] | null | undefined, name: string): Item[] {
  return (items ?? []).filter(item => item?.name !== name);
}

function withFinalNewline(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}

function unreadable(because: string): ColdstartError {
  return new ColdstartError('KUBECONFIG_INVALID', 'could not edit the existing kubeconfig', { because });
}
