import { isPlainMap, mergeDeep, type PlainMap } from './merge.ts';
import type { Path, YamlFile } from './yaml-file.ts';

/** One source of settings: the defaults of a lab, the file, the environment, flags. */
export interface Layer {
  value: PlainMap;
  /** Where a setting, or the key itself, was given: `cluster.yaml:3:5`, `MAAS_API_URL`, `--name`. */
  whereIs(path: Path, part: 'key' | 'value'): string;
}

/** Later layers win. */
export function mergeLayers(layers: readonly Layer[]): PlainMap {
  return layers.reduce<PlainMap>((merged, { value }) => mergeDeep(merged, value) as PlainMap, {});
}

/**
 * The place of a setting in the layer that gave it; when no layer did, of the nearest setting around it, and
 * `default` when there is none.
 */
export function whereGiven(layers: readonly Layer[], path: Path, part: 'key' | 'value' = 'value'): string {
  for (let length = path.length; length > 0; length -= 1) {
    const near = path.slice(0, length);
    const layer = layers.findLast(({ value }) => has(value, near));
    if (layer !== undefined) return layer.whereIs(near, length === path.length ? part : 'value');
  }
  return 'default';
}

/** `power.circuits.a.machines.2` as a path: numbers are places in lists. */
export function pathOf(text: string): Path {
  return text.split('.').map(part => (/^\d+$/.test(part) ? Number(part) : part));
}

/** The layer of a YAML file; `label` is the file's name as the user would write it. */
export function fileLayer(file: YamlFile, label: string): Layer {
  const value = withoutNulls(file.value) as PlainMap;
  const version = file.sourceOf(['kubernetes', 'version']);
  const { kubernetes } = value;
  if (isPlainMap(kubernetes) && typeof kubernetes.version === 'number' && version !== undefined) {
    kubernetes.version = version;
  }
  return {
    value,
    whereIs(path, part) {
      const { line, column } = file.placeOf(path, part);
      return `${label}:${line}:${column}`;
    },
  };
}

/** A layer whose settings all have one name, or a name each by the path. */
export function namedLayer(value: PlainMap, nameOf: (path: string) => string): Layer {
  return { value, whereIs: path => nameOf(path.map(String).join('.')) };
}

/** Inside these maps a null is a value with a meaning of its own. */
const foreignMaps = /^(?:kubernetes\.kubeadm\.[^.]+|containerd\.options|addons\.[^.]+\.values)$/;

/** A key without a value is as good as no key. The key stays, with undefined, so that an unknown one is still seen. */
function withoutNulls(value: unknown, path = ''): unknown {
  if (value === null) return undefined;
  if (!isPlainMap(value) || foreignMaps.test(path)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      withoutNulls(child, path === '' ? key : `${path}.${key}`),
    ]),
  );
}

function has(value: unknown, [first, ...rest]: Path): boolean {
  if (first === undefined) return value !== undefined;
  if (Array.isArray(value)) return typeof first === 'number' && first in value && has(value[first], rest);
  return (
    isPlainMap(value) && Object.hasOwn(value, first) && (rest.length === 0 || has(value[String(first)], rest))
  );
}
