import { isMap, isSeq, type Node, parseDocument, stringify, type YAMLMap, type YAMLSeq } from 'yaml';
import { reasonOf } from '../core/errors.ts';

/**
 * Edits of a YAML map by cutting and pasting in its text, so that every other byte stays. An edit assumes that openYaml
 * has found no problem. The caller proves the result by reading it again.
 */
export interface OpenedYaml {
  /** The map at the top; undefined when the text holds none. */
  root: YAMLMap | undefined;
  /** The same as plain values. */
  plain: Record<string, unknown> | undefined;
  /** Why the text cannot be used. */
  problem: string | undefined;
}

export function openYaml(text: string): OpenedYaml {
  const nothing = { root: undefined, plain: undefined };
  try {
    const doc = parseDocument(text, { prettyErrors: false });
    if (doc.errors[0] !== undefined) return { ...nothing, problem: doc.errors[0].message };
    const plain: unknown = doc.toJS();
    if (plain === null || plain === undefined) return { ...nothing, problem: undefined };
    if (!isMap(doc.contents)) return { ...nothing, problem: 'it is not a map' };
    return { root: doc.contents, plain: plain as Record<string, unknown>, problem: undefined };
  } catch (thrown) {
    return { ...nothing, problem: reasonOf(thrown) };
  }
}

/** As YAML that YAML 1.1 readers understand the same way, with no line folded. */
export function toYaml(value: unknown): string {
  return stringify(value, { version: '1.1', lineWidth: 0 });
}

/** Puts an entry into the list under `key`, in place of the one with the same name when there is one. */
export function addItem(text: string, key: string, entry: { name: string }): string {
  const root = rootOf(text);
  const list: unknown = root.get(key, true);
  if (!isSeq(list) || list.items.length === 0) return setValue(text, key, [entry]);
  const item = itemNamed(list, entry.name);
  if (item !== undefined) {
    const [start, end] = rangeOf(item);
    return splice(
      text,
      start,
      end,
      item.flow === true ? JSON.stringify(entry) : block(entry, columnOf(text, start)),
    );
  }
  const [start, end] = rangeOf(list);
  if (list.flow === true) return splice(text, start + 1, start + 1, `${JSON.stringify(entry)}, `);
  return pasteLines(text, end, columnOf(text, start), [entry]);
}

/** Takes the entry with that name out of the list under `key`. */
export function removeItem(text: string, key: string, name: string): string {
  const list: unknown = rootOf(text).get(key, true);
  const item = isSeq(list) ? itemNamed(list, name) : undefined;
  if (!isSeq(list) || item === undefined) return text;
  if (list.items.length === 1) return setValue(text, key, []);
  const [start, end] = rangeOf(item);
  if (list.flow !== true) return splice(text, lineStart(text, text.lastIndexOf('-', start - 1)), end, '');
  const index = list.items.indexOf(item);
  const [from, to] =
    index === 0 ? [start, rangeOf(list.items[1])[0]] : [rangeOf(list.items[index - 1])[1], end];
  return splice(text, from, to, '');
}

/** Gives a key at the top a new value: a list or a plain text. */
export function setValue(text: string, key: string, value: string | readonly unknown[]): string {
  const root = rootOf(text);
  const inline = JSON.stringify(value);
  const node: unknown = root.get(key, true);
  const [start, end] = rangeOf(root);
  if (node === undefined && !root.has(key)) {
    const separator = root.items.length > 0 ? ', ' : '';
    if (root.flow === true)
      return splice(text, start + 1, start + 1, `${JSON.stringify(key)}: ${inline}${separator}`);
    return pasteLines(text, end, columnOf(text, start), { [key]: value });
  }
  const [from, to] = rangeOf(node);
  const lineEnd = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(to))?.[0];
  const before = text.slice(0, from).trimEnd();
  const isList = typeof value !== 'string' && value.length > 0;
  if (root.flow !== true && isList && lineEnd !== undefined && before.endsWith(':')) {
    return pasteLines(
      splice(text, before.length, to + lineEnd.length, '\n'),
      before.length + 1,
      columnOf(text, start),
      value,
    );
  }
  const nested = isSeq(node) && node.flow !== true;
  const space = before.endsWith(':') ? before.length : from;
  const after = text[to] === '#' ? ' ' : '';
  return splice(text, space, to, ` ${inline}${nested ? '\n' : after}`);
}

function rootOf(text: string): YAMLMap {
  const { root, problem } = openYaml(text);
  if (root === undefined) throw new TypeError(problem ?? 'the text holds no map');
  return root;
}

function itemNamed(list: YAMLSeq, name: string): YAMLMap | undefined {
  return list.items.find((item): item is YAMLMap => isMap(item) && item.get('name') === name);
}

/** Pastes whole lines of block YAML at an offset that is the start of a line or the end of the text. */
function pasteLines(text: string, offset: number, column: number, value: unknown): string {
  const newline = offset > 0 && text[offset - 1] !== '\n' ? '\n' : '';
  return splice(text, offset, offset, `${newline}${' '.repeat(column)}${block(value, column)}`);
}

/** Block YAML whose first line is already indented. */
function block(value: unknown, column: number): string {
  return toYaml(value).replace(/\n(?=.)/g, `\n${' '.repeat(column)}`);
}

function splice(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function rangeOf(node: unknown): [start: number, end: number] {
  const range = (node as Node | undefined)?.range;
  if (range === undefined || range === null) throw new TypeError('a parsed node has no range');
  return [range[0], range[1]];
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf('\n', offset - 1) + 1;
}

function columnOf(text: string, offset: number): number {
  return offset - lineStart(text, offset);
}
