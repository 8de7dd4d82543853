import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { fileLayer } from './layers.ts';
import { loadConfig } from './load.ts';
import { parseLayers } from './parse.ts';
import { exampleClusterYaml, type SeenInMaas } from './write-example.ts';
import { parseYamlFile } from './yaml-file.ts';

const nothing: SeenInMaas = { images: [], tags: [], pools: [], zones: [], subnets: [] };
const rack: SeenInMaas = {
  url: 'http://172.16.16.2:5240/MAAS',
  name: 'rack',
  images: ['debian/bookworm', 'ubuntu/jammy'],
  defaultImage: 'ubuntu/jammy',
  tags: [
    { name: 'masters', machineCount: 1 },
    { name: 'k8s-node', machineCount: 2 },
  ],
  pools: ['default'],
  zones: ['east'],
  subnets: ['10.244.0.0/16', '172.16.16.0/24'],
};

describe('exampleClusterYaml', () => {
  test.each([
    ['nothing', nothing],
    ['a rack', rack],
  ])('of %s is a valid file', async (_what, seen) => {
    const folder = await mkdtemp(join(tmpdir(), 'coldstart-example-'));
    await writeFile(join(folder, 'cluster.yaml'), exampleClusterYaml(seen));
    const { config } = await loadConfig({ cwd: folder, env: {} });
    await rm(folder, { recursive: true });
    expect(config.name).toBe(seen.name ?? 'coldstart');
    expect(config.maas.url).toBe(seen.url);
  });

  test('takes what it saw, and keeps out of the networks that are there', () => {
    const text = exampleClusterYaml(rack);
    expect(parse(text)).toMatchObject({
      machines: { controlPlane: { tag: 'masters' }, workers: { tag: 'k8s-node' } },
      kubernetes: { podSubnet: '10.200.0.0/16', serviceSubnet: '10.96.0.0/12' },
    });
    expect(text).toContain('Images in MAAS: debian/bookworm, ubuntu/jammy.');
    expect(text).not.toMatch(/ $/m);
  });

  test.each([
    ['nothing', nothing],
    ['a rack', rack],
  ])('of %s is valid with every setting switched on too', (_what, seen) => {
    const on = exampleClusterYaml(seen).replaceAll(/^( *)#(?=\S)/gm, '$1');
    const file = parseYamlFile(on);
    expect(file.problems).toEqual([]);
    expect(parseLayers([fileLayer(file, 'cluster.yaml')]).problems).toEqual([]);
  });

  test('whatever MAAS says, it cannot break the file', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('a\nname: b', 'on', '2018', '# x', ': -', 'null'),
    );
    const seen = fc.record({
      url: fc.option(text, { nil: undefined }),
      name: fc.option(text, { nil: undefined }),
      images: fc.array(text),
      defaultImage: text,
      tags: fc.array(fc.record({ name: text, machineCount: fc.nat() })),
      pools: fc.array(text),
      zones: fc.array(text),
      subnets: fc.array(text),
    });
    fc.assert(
      fc.property(seen, seen => {
        const file = parseYamlFile(exampleClusterYaml(seen));
        expect(file.problems).toEqual([]);
        expect(Object.keys(file.value)).toEqual([
          'name',
          'maas',
          'machines',
          'os',
          'ssh',
          'kubernetes',
          'network',
          'addons',
          'packages',
          'images',
          'dns',
          'ntp',
        ]);
        expect(file.value.name).toBe(seen.name ?? 'coldstart');
      }),
      { numRuns: 200 },
    );
  });
});
