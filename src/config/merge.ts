export type PlainMap = Record<string, unknown>;

/**
 * Lays `over` on top of `base`: maps are merged deep, lists of {name, value} by name, everything else is replaced.
 * An undefined value never replaces one that is there. Neither argument is changed.
 */
export function mergeDeep(base: unknown, over: unknown): unknown {
  if (over === undefined) return base;
  if (isPlainMap(base) && isPlainMap(over)) {
    const merged = new Map(Object.entries(base));
    for (const [key, value] of Object.entries(over)) merged.set(key, mergeDeep(merged.get(key), value));
    return Object.fromEntries(merged);
  }
  if (isNamedList(base) && isNamedList(over)) {
    const names = new Set(over.map(item => item.name));
    return [...base.filter(item => !names.has(item.name)), ...over];
  }
  return over;
}

export function isPlainMap(value: unknown): value is PlainMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNamedList(value: unknown): value is { name: string }[] {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every(item => isPlainMap(item) && typeof item.name === 'string' && 'value' in item)
  );
}
