import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fileLayer } from './layers.ts';
import { parseLayers } from './parse.ts';
import { configInvalid } from './problems.ts';
import { exampleClusterYaml } from './write-example.ts';
import { parseYamlFile } from './yaml-file.ts';

const example = exampleClusterYaml({
  url: 'http://172.16.16.2:5240/MAAS',
  images: ['ubuntu/jammy'],
  tags: [{ name: 'k8s-master', machineCount: 1 }],
  pools: ['default'],
  zones: ['default'],
  subnets: ['172.16.16.0/24'],
})
  .replaceAll(/^( *)#(?=\S)/gm, '$1')
  .replaceAll(/^ *# .*\n/gm, '');

/** Cuts, doubles, replaces and inserts pieces that mean something to YAML. */
const mutation = fc.record({
  at: fc.nat(example.length),
  length: fc.nat(40),
  piece: fc.oneof(
    fc.constantFrom(
      '',
      '\n',
      '\t',
      ' ',
      '  ',
      ':',
      ': ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      ',',
      '&a ',
      '*a',
      '!!map ',
      '!!binary ',
      '? ',
      '|\n',
      '>-\n',
      '"',
      "'",
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '<<: ',
      '#',
      '~',
      'null',
      'true',
      '.nan',
      '-.inf',
      '0x10',
      '1e999',
      '2001-01-01',
      '__proto__: ',
      'constructor: ',
      'toString: ',
      '\u0000',
      '\uFEFF',
      '\u2028',
      '\r',
      'kubernetes:\n',
      '  version: 1.30\n',
    ),
    fc.string({ maxLength: 6 }),
  ),
});

test('mutated files give a configuration or problems with places, and nothing is thrown', {
  timeout: 20 * 60_000,
}, () => {
  fc.assert(
    fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), mutations => {
      const text = mutations.reduce(
        (text, { at, length, piece }) => text.slice(0, at) + piece + text.slice(at + length),
        example,
      );
      const file = parseYamlFile(text);
      const lineCount = text.split(/\n/).length;
      const { parsed, problems } = parseLayers([fileLayer(file, 'cluster.yaml')]);
      for (const { line, column, message } of file.problems) {
        expect(line >= 1 && line <= lineCount && column >= 1 && message.length > 0).toBe(true);
      }
      for (const { at, message } of problems) {
        expect(at).toMatch(/^(?:cluster\.yaml:\d+:\d+|default)$/);
        expect(message).not.toBe('');
      }
      expect(file.problems.length + problems.length === 0 && parsed === undefined).toBe(false);
      expect(configInvalid(problems).message.length).toBeLessThan(20_000);
    }),
    { numRuns: process.env['COLDSTART_LONG_TESTS'] ? 50_000 : 500 },
  );
});

test('any text at all is read without an exception', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), text => {
      const file = parseYamlFile(text);
      const { parsed, problems } = parseLayers([fileLayer(file, 'cluster.yaml')]);
      expect(parsed !== undefined || problems.length > 0).toBe(true);
    }),
    { numRuns: 1000 },
  );
});
