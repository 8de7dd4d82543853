import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseKubeconfig } from '../../src/cluster/kubeconfig.ts';
import { type Cli, createCli, type Ended } from '../support/cli.ts';
import { openWholeRoad, type WholeRoad } from '../support/whole-road.ts';

/** Marks in values of cluster.yaml and in the environment that nobody else should see. */
const marks = {
  addonPassword: 'MARKED-addon-password-81c2',
  proxyPassword: 'MARKED-proxy-password-4d17',
  wrongSecret: 'MARKEDwrongtokensecret92ab',
};

let road: WholeRoad;
let cli: Cli;
let env: Record<string, string>;
let config: string;
const said: string[] = [];
const commandLines = new Set<string>();
const watch = setInterval(readCommandLines, 150);

beforeAll(async () => {
  road = await openWholeRoad({ count: 3, timeScale: 800, faults: [{ kind: 'init-fails', times: 1 }] });
  const temporary = path.join(road.home, 'tmp');
  await mkdir(temporary, { mode: 0o700 });
  cli = createCli(road.home, { TMPDIR: temporary });
  const { url } = JSON.parse(await readFile(path.join(road.home, 'lab', 'lab.json'), 'utf8')) as {
    url: string;
  };
  env = { MAAS_API_URL: url, MAAS_API_KEY: road.region.apiKey, KUBECONFIG: path.join(road.home, 'merged') };
  config = path.join(road.home, 'cluster.yaml');
  const values = { grafana: { adminPassword: marks.addonPassword } };
  await writeFile(
    config,
    JSON.stringify({
      name: 'lab',
      addons: { 'local-path-provisioner': {}, 'kube-prometheus-stack': { values } },
    }),
  );
});

afterAll(async () => {
  clearInterval(watch);
  await road.close();
});

async function run(args: readonly string[], more: Record<string, string> = {}): Promise<Ended> {
  const ended = await cli.run(args, { env: { ...env, ...more }, cwd: road.home });
  said.push(`$ coldstart ${args.join(' ')}\n${ended.stdout}\n${ended.stderr}`);
  return ended;
}

function readCommandLines(): void {
  if (!existsSync('/proc/self/cmdline')) return;
  for (const pid of readdirSync('/proc').filter(name => /^\d+$/.test(name))) {
    try {
      commandLines.add(readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    } catch {
      // It has ended in the meantime.
    }
  }
}

/** Everything that must be nowhere but in its own file. Long private keys by their longest lines. */
function secrets(): Record<string, string> {
  const [consumer = '', token = '', secret = ''] = road.region.apiKey.split(':');
  const cluster = path.join(road.home, 'clusters', 'lab');
  const kept: Record<string, string> = { ...marks, consumer, token, secret };
  const keys = ['id_ed25519', ...readdirSync(path.join(cluster, 'ssh/hosts')).map(name => `hosts/${name}`)];
  for (const name of keys.filter(file => !file.endsWith('.pub')))
    kept[name] = keyLine(readFileSync(path.join(cluster, 'ssh', name), 'utf8'));
  const kubeconfig = parseKubeconfig(readFileSync(path.join(cluster, 'kubeconfig'), 'utf8'));
  const key = kubeconfig.clientKey?.reveal() ?? '';
  kept['kubeconfig key'] = keyLine(key);
  kept['kubeconfig key data'] = Buffer.from(key).toString('base64').slice(40, 100);
  return kept;
}

function keyLine(pem: string): string {
  return pem.split('\n').filter(line => !line.startsWith('-----'))[2] ?? pem;
}

let known: [name: string, forms: string[]][] = [];

/** Names of the secrets in a text, also where they are encoded. */
function found(text: string): string[] {
  if (known.length === 0)
    known = Object.entries(secrets()).map(([name, value]) => [
      name,
      [value, Buffer.from(value).toString('base64')],
    ]);
  return known.filter(([, forms]) => forms.some(form => text.includes(form))).map(([name]) => name);
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => path.join(entry.parentPath, entry.name));
}

test('commands that work, and that fail', { timeout: 300_000 }, async () => {
  const site = ['--config', config];
  await run(['plan', ...site]);
  await run(['plan', ...site, '-o', 'json']);
  // kubeadm init fails once, so failures are written down too; the second try works.
  expect((await run(['up', ...site])).exitCode).toBe(0);
  for (const command of ['status', 'addons', 'doctor', 'verify', 'machines', 'history']) {
    await run([command, ...site]);
    await run([command, ...site, '-o', 'json']);
  }
  await run(['inventory', '--list', ...site]);
  await run(['kubeconfig', '--merge', ...site]);
  await run(['lab', 'status', '-o', 'json']);

  const [consumer, token] = road.region.apiKey.split(':');
  const wrong = { MAAS_API_KEY: `${consumer}:${token}:${marks.wrongSecret}` };
  // MAAS 3.4 repeats what it expected, with the right secret in it.
  const leak = road.region.intercept(async () => {
    const text = `Authorization Error: 'Invalid signature. Expected signature base string: ${road.region.apiKey}'`;
    return new Response(text, { status: 401, headers: { 'content-type': 'text/plain' } });
  });
  for (const command of ['up', 'plan', 'status', 'doctor', 'inventory', 'release'])
    expect((await run([command, ...site], wrong)).exitCode, command).not.toBe(0);
  leak();
  const proxy = {
    MAAS_API_URL: 'http://maas.invalid:5240/MAAS',
    http_proxy: `http://operator:${marks.proxyPassword}@127.0.0.1:9`,
  };
  for (const command of ['up', 'status', 'doctor']) await run([command, ...site], proxy);
  await run(['up', ...site], { MAAS_API_KEY: `${road.region.apiKey}:too:long` });
  expect(said.length).toBeGreaterThan(20);
});

test('no secret is in anything that was said', () => {
  for (const text of said) expect(found(text), text).toEqual([]);
});

test('no secret was in the arguments of a process', () => {
  expect(commandLines.size).toBeGreaterThan(20);
  expect([...commandLines].flatMap(found)).toEqual([]);
});

test('secrets are in their own files only, which nobody else can read', () => {
  const own = [
    /^lab\//,
    /^merged$/,
    /^clusters\/lab\/kubeconfig$/,
    /^clusters\/lab\/ssh\/(id_ed25519|hosts\/\w+)$/,
  ];
  const holders = filesBelow(road.home)
    .map(file => ({
      name: path.relative(road.home, file),
      secrets: found(readFileSync(file, 'utf8')),
      mode: (statSync(file).mode & 0o777).toString(8),
    }))
    .filter(({ secrets: held, name }) => held.length > 0 && name !== 'cluster.yaml');
  expect(holders.filter(({ name }) => !own.some(pattern => pattern.test(name)))).toEqual([]);
  expect(holders.filter(({ mode }) => mode !== '600')).toEqual([]);
  expect(holders.map(({ name }) => name)).toContain('clusters/lab/kubeconfig');
  for (const folder of ['.', 'lab', 'clusters', 'clusters/lab', 'clusters/lab/ssh', 'clusters/lab/runs'])
    expect((statSync(path.join(road.home, folder)).mode & 0o777).toString(8), folder).toBe('700');
});

test('nothing is left in the folder for temporary files', () => {
  expect(readdirSync(path.join(road.home, 'tmp'))).toEqual([]);
});
