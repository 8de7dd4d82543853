import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHelm } from './helm.ts';
import { helmInPath } from './program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coldstart-helm-'));
});
afterEach(async () => rm(folder, { recursive: true }));

/** A program called helm, which says its version when it is asked. */
async function helmThat(script: string, version = 'v4.2.3') {
  const file = join(folder, 'helm');
  const answer = `[ "$1" = version ] && { echo ${version}; exit; }`;
  await writeFile(file, `#!/bin/sh\n${answer}\n${script}\n`);
  await chmod(file, 0o755);
  return createHelm(async () => [inFolder(folder)]);
}

function inFolder(folder: string) {
  return helmInPath('/k', { PATH: `${folder}:/usr/bin:/bin`, OUT: folder });
}

const release = { name: 'web', namespace: 'shop' };
const signal = new AbortController().signal;
const chart = { repository: 'https://charts.example.org', name: 'nginx', version: '1.2.3' };

test('values go through standard input, never through arguments', async () => {
  const helm = await helmThat('echo "$@" >> "$OUT/args"; cat > "$OUT/stdin"');
  await helm.upgrade(release, chart, { password: 'hidden' }, { serverSide: true, signal });
  expect(await readFile(join(folder, 'args'), 'utf8')).toBe(
    'upgrade web nginx --repo https://charts.example.org --version 1.2.3 --install --history-max 5 --timeout 10m ' +
      '--values - --namespace shop --kubeconfig /k\n',
  );
  expect(JSON.parse(await readFile(join(folder, 'stdin'), 'utf8'))).toEqual({ password: 'hidden' });
});

test.each([
  ['v4.2.3', true],
  ['v3.18.0+gabc', false],
])('only Helm 4 is told not to use server-side apply: %s', async (version, told) => {
  const helm = await helmThat('echo "$@" > "$OUT/args"', version);
  await helm.upgrade(release, { path: '/chart' }, {}, { serverSide: false, signal });
  expect((await readFile(join(folder, 'args'), 'utf8')).includes('--server-side=false')).toBe(told);
});

test('what helm says went wrong is the reason', async () => {
  const helm = await helmThat('echo "a warning" >&2; echo "Error: no such chart" >&2; exit 1');
  await expect(helm.manifest(release)).rejects.toMatchObject({
    code: 'HELM_FAILED',
    because: 'no such chart',
  });
});

test('a release that is not there is as good as removed', async () => {
  const helm = await helmThat(
    'echo "Error: uninstall: Release not loaded: web: release: not found" >&2; exit 1',
  );
  await expect(helm.uninstall(release, signal)).resolves.toBeUndefined();
});

test('without helm anywhere the error says where it was looked for', async () => {
  const nowhere = { ...inFolder('/nowhere'), where: async () => 'on cp-1' };
  const helm = createHelm(async () => [helmInPath('/k', { PATH: folder }), nowhere]);
  await expect(helm.manifest(release)).rejects.toMatchObject({
    code: 'HELM_MISSING',
    message: 'there is no helm in PATH, nor on cp-1',
  });
});

test('the next place is used where the first has none, with its own kubeconfig and a chart that is lent to it', async () => {
  await helmThat('echo "$@" > "$OUT/args"');
  const lent: string[] = [];
  const helm = createHelm(async () => [
    helmInPath('/here', { PATH: '/nowhere' }),
    {
      ...inFolder(folder),
      kubeconfigFile: '/there',
      async withChart(path, _signal, work) {
        const result = await work(`/copy-of${path}`);
        lent.push(path);
        return result;
      },
    },
  ]);
  await helm.upgrade(release, { path: '/chart' }, {}, { serverSide: true, signal });
  expect(await readFile(join(folder, 'args'), 'utf8')).toMatch(
    /^upgrade web \/copy-of\/chart .*--kubeconfig \/there\n$/,
  );
  expect(lent).toEqual(['/chart']);
});

test('definitions are taken out of the chart in the version that is wanted', async () => {
  const helm = await helmThat('echo "$@" > "$OUT/args"; echo "kind: CustomResourceDefinition"');
  expect(await helm.definitions(release, chart, signal)).toBe('kind: CustomResourceDefinition');
  expect(await readFile(join(folder, 'args'), 'utf8')).toBe(
    'show crds nginx --repo https://charts.example.org --version 1.2.3 --namespace shop --kubeconfig /k\n',
  );
});

test('a chart of a mirror without TLS is asked for in plain HTTP', async () => {
  const helm = await helmThat('echo "$@" > "$OUT/args"');
  const onMirror = { oci: 'oci://mirror.example:3140/ghcr.io/group/web', version: '1.2.3', plainHttp: true };
  await helm.upgrade(release, onMirror, {}, { serverSide: true, signal });
  expect(await readFile(join(folder, 'args'), 'utf8')).toContain(
    'upgrade web oci://mirror.example:3140/ghcr.io/group/web --version 1.2.3 --plain-http --install',
  );
});
