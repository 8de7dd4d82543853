import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { fileLayer } from '../../config/layers.ts';
import { loadConfig } from '../../config/load.ts';
import { parseLayers } from '../../config/parse.ts';
import { parseYamlFile } from '../../config/yaml-file.ts';
import { catalogue } from './index.ts';

const docs = new URL('../../../docs/', import.meta.url);
const read = (name: string) => readFile(new URL(name, docs), 'utf8');

describe('the example of a garage', () => {
  test('loads', async () => {
    const path = new URL('examples/garage.yaml', docs).pathname;
    const { config, warnings } = await loadConfig({ path, cwd: '/', env: { MAAS_API_KEY: 'a:b:c' } });
    expect(warnings).toEqual([]);
    expect(Object.keys(config.addons)).toEqual([
      'metallb',
      'csi-driver-nfs',
      'local-path-provisioner',
      'envoy-gateway',
      'cert-manager',
      'headlamp',
      'metrics-server',
      'kube-prometheus-stack',
    ]);
  });
});

describe('every example in', () => {
  test.each(['access.md', 'addons.md', 'moving-over.md'])('%s is a valid file', async name => {
    const examples = [...(await read(name)).matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map(([, text]) => text);
    expect(examples.length).toBeGreaterThan(0);
    for (const example of examples) {
      const file = parseYamlFile(example ?? '');
      expect([example, file.problems]).toEqual([example, []]);
      expect([example, parseLayers([fileLayer(file, name)]).problems]).toEqual([example, []]);
    }
  });
});

describe('the table of what was checked', () => {
  test.each(catalogue.map(({ name, checked }) => [name, checked] as const))(
    'has %s',
    async (name, checked) => {
      expect(await read('addons.md')).toContain(`| \`${name}\` | ${checked.version} | [`);
      expect(await read('addons.md')).toContain(`](${checked.at}) |`);
    },
  );
});

describe('the table of add-ons', () => {
  test.each(catalogue.map(addon => [addon.name, addon] as const))('has %s as it is', async (name, addon) => {
    const text = await read('addons.md');
    const { source, needs } = addon;
    const chart = source.kind === 'chart' && 'version' in source.chart ? source.chart.version : undefined;
    const version = source.kind === 'manifests' ? source.version : chart;
    const from = needs?.kubernetes?.from === undefined ? 'any' : `${needs.kubernetes.from} and later`;
    expect(text).toContain(`| [\`${name}\`](#${name}) | ${version} | ${from} |`);
    expect(text).toContain(`\n### ${name}\n`);
  });
});
