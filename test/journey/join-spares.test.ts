import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { foldJournal } from '../../src/journal/fold.ts';
import type { Fault } from '../../src/lab/faults/fault.ts';
import { type Cli, createCli } from '../support/cli.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { openWholeRoad, type WholeRoad } from '../support/whole-road.ts';

let road: WholeRoad;
let cli: Cli;
let config: string;

async function begin(workers: string, ...faults: Fault[]): Promise<void> {
  road = await openWholeRoad({ count: 4, timeScale: 1000, faults });
  cli = createCli(road.home, { COLDSTART_PATIENCE: '0.02' });
  config = path.join(road.home, 'cluster.yaml');
  await writeFile(config, `machines: {workers: {${workers}}}\n`);
}
afterEach(() => road.close());

const up = () => cli.run(['up', '--lab', '--config', config]);

/** What status says of spares and of machines that are set aside. */
async function remarks(): Promise<string[]> {
  const args = ['status', '--lab', '--config', config, '-o', 'json'];
  const { machines } = await cli.json<{
    machines: { name: string; spare: boolean; setAside: string | null }[];
  }>(args);
  return machines.map(({ name, spare, setAside }) => `${name} ${spare} ${setAside}`);
}

async function newestRun() {
  const view = foldJournal(await journalOf(road.home, runsOf(road.home).at(-1) ?? ''));
  if (!view) throw new Error('no run');
  return view;
}

/** Nodes that the API server knows, each with whether it reports. */
function nodes(): string[] {
  const [cluster] = road.look().clusters;
  return Object.values(cluster?.nodes ?? {})
    .map(({ name, started }) => `${name} ${started}`)
    .sort();
}

const deletion = 'delete the node node-02 from Kubernetes: its join made it, and it is not Ready';
const goes = ['node-01 true', 'node-03 true', 'node-04 true'];

test.each<[string, Fault['kind'], string[]]>([
  ['fails to join', 'join-fails', []],
  ['fails to join when its node is there', 'join-breaks', [deletion]],
  ['never gets Ready', 'never-ready', [deletion]],
])('a spare takes the place of a worker that %s', async (_, kind, deletions) => {
  await begin('count: 2', { kind, machine: 'node-02' });
  const { exitCode, stdout, stderr } = await up();
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('Done, with node-02 replaced by node-04.');
  expect(nodes()).toEqual(goes);
  const deleted = (await newestRun()).changes.filter(({ change }) => change.startsWith('delete the node'));
  expect(deleted.map(({ change }) => change)).toEqual(deletions);
  const again = await up();
  expect(again.stdout, again.stderr).toContain('Nothing was changed');
  expect(await remarks()).toEqual([
    'node-01 false null',
    expect.stringMatching(/^node-02 false cluster\./),
    'node-03 false null',
    'node-04 false null',
  ]);
  expect(again.stderr).toMatch(/left alone: node-02 was set aside, .*: cluster\./);
  expect(nodes()).toEqual(goes);
});

test('without a spare enough workers are enough, and fewer are not', async () => {
  await begin('atLeast: 2', { kind: 'join-fails', machine: 'node-02' });
  const enough = await up();
  expect(enough.exitCode, enough.stderr).toBe(0);
  expect(enough.stdout).toContain('Done, without node-02.');
  await writeFile(config, 'machines: {workers: {atLeast: 3}}\n');
  const few = await up();
  expect(few.exitCode).toBe(1);
  expect(few.stderr).toContain('[ANSIBLE_FAILED]');
});

test('a node that was Ready before the run is never deleted', async () => {
  await begin('count: 2');
  expect((await up()).exitCode).toBe(0);
  const before = nodes();
  const silent = road.look().clusters[0]?.nodes['node-02'];
  if (!silent) throw new Error('no node-02');
  silent.started = false;
  const { exitCode, stderr } = await up();
  expect(exitCode).toBe(1);
  expect(stderr).toContain('no spare took its place: it was a member of the cluster before this run');
  expect(nodes().map(text => text.split(' ')[0])).toEqual(before.map(text => text.split(' ')[0]));
});

test('when the second machine in the same place fails alike, it is not about machines', async () => {
  await begin(
    'count: 1',
    { kind: 'join-fails', machine: 'node-02' },
    { kind: 'join-fails', machine: 'node-03' },
  );
  const { exitCode, stderr } = await up();
  expect(exitCode).not.toBe(0);
  expect(stderr).toContain('look at the cluster first');
  expect((await newestRun()).targets.size).toBe(3);
});
