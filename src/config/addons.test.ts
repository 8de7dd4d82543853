import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { reasonOf } from '../core/errors.ts';
import { loadConfig } from './load.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coldstart-addons-'));
  await writeFile(join(folder, 'mine.yaml'), '');
});
afterEach(async () => rm(folder, { recursive: true }));

async function addonsOf(yaml: string) {
  await writeFile(join(folder, 'cluster.yaml'), yaml);
  return (await loadConfig({ cwd: folder, env: {} })).config.addons;
}

test('true is an add-on with its defaults', async () => {
  expect(await addonsOf('addons:\n  metrics-server: true\n')).toEqual({
    'metrics-server': { replicas: 1, verifyKubelets: false, values: {} },
  });
});

test('paths are relative to the file; a null among values is kept, because Helm gives it a meaning', async () => {
  const { mine, chart } = await addonsOf(`addons:
  mine: { manifests: [mine.yaml, "https://example.org/x.yaml"] }
  chart: { chart: { path: mine.yaml }, values: { gone: null } }
`);
  expect(mine).toMatchObject({ manifests: [join(folder, 'mine.yaml'), 'https://example.org/x.yaml'] });
  expect(chart).toMatchObject({ chart: { path: join(folder, 'mine.yaml') }, values: { gone: null } });
});

test.each([
  [
    'metrics-serve: true',
    '2:3: addons.metrics-serve: is not in the catalogue (did you mean metrics-server?)',
  ],
  [
    'metrics-server: { replica: 2 }',
    '2:21: addons.metrics-server.replica: unknown key, did you mean replicas?',
  ],
  ['metrics-server: { replicas: 9 }', '2:31: addons.metrics-server.replicas: '],
  ['mine: { namespace: x }', '2:3: addons.mine: is not in the catalogue'],
  ['mine: { manifests: [none.yaml] }', '2:23: addons.mine.manifests.0: cannot be read'],
  ['mine: { manifests: [mine.yaml], needs: [other] }', '2:9: addons.mine: needs other: add it to addons'],
  ['mine: { manifests: [mine.yaml], needs: [mine] }', '2:9: addons.mine: needs itself'],
  ['mine: { manifests: [mine.yaml], values: { a: 1 } }', 'values: belong to a chart'],
  ['mine: { chart: { path: mine.yaml, version: 1.0.0 } }', 'takes no version with a path'],
  [
    'mine: { chart: { repository: "https://c.example.org", name: x } }',
    'needs name and version of the chart',
  ],
  ['mine: { manifests: [mine.yaml], provides: [pod-network] }', 'network.plugin: must be none'],
])('%s', async (entry, expected) => {
  await expect(addonsOf(`addons:\n  ${entry}\n`).catch(reasonOf)).resolves.toContain(expected);
});

test('an add-on says which versions of Kubernetes it works with', async () => {
  const thrown = addonsOf('kubernetes: { version: "1.29" }\naddons:\n  metrics-server: true\n').catch(
    reasonOf,
  );
  expect(await thrown).toContain(
    'addons.metrics-server: needs Kubernetes 1.31 or newer, and kubernetes.version is 1.29',
  );
});
