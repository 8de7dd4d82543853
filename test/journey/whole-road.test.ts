import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/cluster/kubernetes-api.ts';
import { type Cli, createCli } from '../support/cli.ts';

interface Status {
  kubernetes: { state: string; nodes?: number };
  machines: { name: string; status: string; node: { ready: boolean } | null }[];
}

let home: string;
let cli: Cli;

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-journey-'));
  cli = createCli(home);
  const kind = ['--machines', 'simulated', '--time-scale', '500', '--count', '4', '--whole-road'];
  const { exitCode, stderr } = await cli.run(['lab', 'up', ...kind]);
  expect(exitCode, stderr).toBe(0);
});

afterAll(async () => {
  await cli.run(['lab', 'down', '--purge']);
  await rm(home, { recursive: true, force: true });
});

const kubeconfig = () => readFile(path.join(home, 'clusters', 'lab', 'kubeconfig'), 'utf8');

test('up goes to nodes that are Ready, and says on what', async () => {
  const { exitCode, stdout, stderr } = await cli.run(['up', '--lab']);
  expect(exitCode, stderr).toBe(0);
  expect(stderr).toContain('nothing is really installed');
  expect(stdout).toContain('ready, on stand-ins');
  const { machines } = await cli.json<Status>(['status', '--lab', '-o', 'json']);
  expect(machines.map(({ name, status, node }) => `${name} ${status} ${node?.ready}`)).toEqual(
    [1, 2, 3, 4].map(number => `node-0${number} Deployed true`),
  );
  expect((await stat(path.join(home, 'clusters', 'lab', 'kubeconfig'))).mode & 0o777).toBe(0o600);
});

test('a second up changes nothing', async () => {
  const { stdout } = await cli.run(['up', '--lab']);
  expect(stdout).toContain('Nothing was changed');
});

test('the cluster is there again after a restart of the lab', async () => {
  await cli.run(['lab', 'down']);
  const gone = await cli.run(['up', '--lab', '-o', 'json']);
  expect(gone.exitCode, gone.stderr).toBe(0);
  expect(JSON.parse(gone.stdout)).toMatchObject({ changes: 0, standIns: true });
});

test('reset makes machines that joined nothing, and the next up another cluster', async () => {
  const before = await kubeconfig();
  expect((await cli.run(['reset', '--yes', '--lab'])).exitCode).toBe(0);
  const dead = createKubernetesClient(before);
  await expect(dead.nodes()).rejects.toMatchObject({ code: 'KUBERNETES_UNREACHABLE' });
  dead.close();
  expect((await cli.run(['up', '--lab'])).exitCode).toBe(0);
  const client = createKubernetesClient(await kubeconfig());
  expect((await client.nodes()).filter(({ ready }) => ready)).toHaveLength(4);
  client.close();
});
