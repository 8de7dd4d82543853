import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type Scalar,
  visit,
} from 'yaml';
import { isPlainMap, type PlainMap } from './merge.ts';

export type Path = readonly PropertyKey[];

/** A problem inside one YAML text, with its place in it. */
interface YamlProblem {
  line: number;
  column: number;
  message: string;
}

/** A parsed YAML text that knows where each of its settings stands. */
export interface YamlFile {
  /** Empty when the text has no settings, or cannot be used. */
  value: PlainMap;
  problems: YamlProblem[];
  /** Line and column, from 1, of a key or of its value; of the nearest setting around it when it is not there. */
  placeOf(path: Path, part: 'key' | 'value'): { line: number; column: number };
  /** The text of a scalar as it was written, so that 1.30 is not 1.3. */
  sourceOf(path: Path): string | undefined;
}

const maximumBytes = 1024 * 1024;
const maximumDepth = 100;

/** Parses YAML 1.2 from a person. Never throws: whatever is wrong is in `problems`. */
export function parseYamlFile(text: string): YamlFile {
  if (text.length > maximumBytes) return unusable('is larger than 1 MiB');
  try {
    return parse(text);
  } catch (thrown) {
    if (thrown instanceof RangeError) return unusable('is nested too deep');
    if (thrown instanceof ReferenceError) return unusable('uses too many aliases');
    throw thrown;
  }
}

function parse(text: string): YamlFile {
  const lines = new LineCounter();
  const doc = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const placeAt = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const syntax = [...doc.errors, ...doc.warnings].map(error => ({
    ...placeAt(error.pos[0]),
    message: syntaxMessage(error),
  }));
  const file = { placeOf: placeFinder(doc, placeAt), sourceOf: (path: Path) => sourceOf(doc, path) };
  if (syntax.length > 0) return { ...file, value: {}, problems: syntax };
  const traps = findTraps(doc).map(({ offset, message }) => ({ ...placeAt(offset), message }));
  if (traps.some(trap => trap.message === tooDeep)) return { ...file, value: {}, problems: traps };
  const value: unknown = doc.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return { ...file, value: {}, problems: traps };
  if (isPlainMap(value)) return { ...file, value, problems: traps };
  return { ...file, value: {}, problems: [{ line: 1, column: 1, message: 'must be a map of settings' }] };
}

const tooDeep = 'is nested too deep';
function syntaxMessage({ code, message }: { code: string; message: string }): string {
  return /call stack/.test(message) ? tooDeep : (syntaxMessages[code] ?? message);
}

const syntaxMessages: Readonly<Record<string, string>> = {
  TAB_AS_INDENT: 'indent with spaces: YAML does not allow tabs here',
  MULTIPLE_DOCS: 'only one YAML document is allowed: remove the line ---',
};

function unusable(message: string): YamlFile {
  const start = { line: 1, column: 1 };
  return { value: {}, problems: [{ ...start, message }], placeOf: () => start, sourceOf: () => undefined };
}

interface Trap {
  offset: number;
  message: string;
}

/** What is legal YAML but surely a mistake in a configuration. */
function findTraps(doc: Document): Trap[] {
  const traps: Trap[] = [];
  visit(doc, {
    Map(_key, map, path) {
      if (path.length > maximumDepth) {
        traps.push({ offset: offsetOf(map) ?? 0, message: tooDeep });
        return visit.BREAK;
      }
      traps.push(...keyTraps(map.items));
      return undefined;
    },
    Scalar(key, scalar) {
      if (key !== 'key') traps.push(...valueTraps(scalar));
    },
  });
  return traps;
}

function keyTraps(pairs: readonly Pair[]): Trap[] {
  const seen = new Set<string>();
  return pairs.flatMap(({ key }) => {
    const offset = offsetOf(key) ?? 0;
    const name = isScalar(key) ? plainText(key.value) : undefined;
    if (name === undefined) return [{ offset, message: 'a key must be plain text' }];
    if (name === '__proto__') return [{ offset, message: `unknown key ${name}` }];
    if (seen.has(name)) return [{ offset, message: `${name} is here twice` }];
    seen.add(name);
    return [];
  });
}

function plainText(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

/** YAML 1.1 reads these words as booleans, YAML 1.2 as text: nobody can know what was meant. */
function valueTraps(scalar: Scalar): Trap[] {
  const offset = offsetOf(scalar) ?? 0;
  if (typeof scalar.value === 'number' && !Number.isFinite(scalar.value)) {
    return [{ offset, message: `${scalar.source} is not a number that can be used` }];
  }
  const word = scalar.value;
  if (scalar.type !== 'PLAIN' || typeof word !== 'string' || !/^(?:yes|no|on|off)$/i.test(word)) return [];
  const meant = /^(?:yes|on)$/i.test(word) ? 'true' : 'false';
  return [
    { offset, message: `write ${meant} instead of ${word}, or "${word}" when the word itself is meant` },
  ];
}

function placeFinder(
  doc: Document,
  placeAt: (offset: number) => { line: number; column: number },
): YamlFile['placeOf'] {
  return (path, part) => {
    let offset = 0;
    let here: unknown = doc.contents;
    for (const [index, key] of path.entries()) {
      const child = childOf(doc, here, key);
      if (child === undefined) break;
      const keyOffset = offsetOf(child.key);
      const wantsKey = index === path.length - 1 && part === 'key';
      offset = (wantsKey ? keyOffset : (offsetOf(child.value) ?? keyOffset)) ?? offset;
      here = child.value;
    }
    return placeAt(offset);
  };
}

function sourceOf(doc: Document, path: Path): string | undefined {
  let here: unknown = doc.contents;
  for (const key of path) here = childOf(doc, here, key)?.value;
  return isScalar(here) ? here.source : undefined;
}

function childOf(
  doc: Document,
  parent: unknown,
  key: PropertyKey,
): { key: unknown; value: unknown } | undefined {
  const node = isAlias(parent) ? parent.resolve(doc) : parent;
  if (isMap(node)) {
    return node.items.find(
      pair => isPair(pair) && isScalar(pair.key) && String(pair.key.value) === String(key),
    );
  }
  if (isSeq(node) && typeof key === 'number' && key in node.items) {
    return { key: node.items[key], value: node.items[key] };
  }
  return undefined;
}

/** Undefined for the empty value of `key:` too, which has no place of its own. */
function offsetOf(node: unknown): number | undefined {
  if (!isNode(node)) return undefined;
  const range = (node as Node).range;
  return range === null || range === undefined || range[0] === range[1] ? undefined : range[0];
}
