import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foldJournal } from '../../src/journal/fold.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { type SimulatedLab, startSimulatedLab } from '../support/lab.ts';

let lab: SimulatedLab;
let config: string;

beforeAll(async () => {
  const faults = [
    '--fault',
    'deployment-fails,machine=node-02',
    '--fault',
    'deployment-fails,machine=node-03,times=1',
  ];
  lab = await startSimulatedLab(['--count', '5', '--time-scale', '300', ...faults]);
  config = path.join(lab.home, 'cluster.yaml');
  await writeFile(config, 'machines: {workers: {count: 2}, markBroken: true}\n');
});
afterAll(() => lab?.remove());

async function statuses(): Promise<Record<string, string>> {
  const { machines } = await lab.maas.listMachines();
  return Object.fromEntries(machines.map(({ hostname, statusName }) => [hostname, statusName]));
}

test('a machine that fails twice is marked broken, and a free spare in scope takes its place', async () => {
  const { machines } = await lab.maas.listMachines();
  const locked = machines.find(({ hostname }) => hostname === 'node-04');
  if (!locked) throw new Error('no node-04');
  const plan = await lab.run('plan', '--config', config);
  expect(plan.stdout).toMatch(/node-04 .*spare/);
  expect(plan.stdout).toMatch(/node-05 .*spare/);
  await lab.maas.tagMachines('coldstart-never', { add: [] }).catch(() => undefined);
  await lab.maas.createTag('coldstart-never');
  await lab.maas.tagMachines('coldstart-never', { add: [locked.id] });
  const status = await lab.run('status', '--config', config);
  expect(status.stdout).toMatch(/node-04 .*left alone: carries the tag coldstart-never/);
  expect(status.stdout).toMatch(/node-05 .*spare/);
  const { exitCode, stdout, stderr } = await lab.run('up', '--config', config);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('Done, with node-02 replaced by node-05.');
  expect(await statuses()).toEqual({
    'node-01': 'Deployed',
    'node-02': 'Broken',
    'node-03': 'Deployed',
    'node-04': 'Ready',
    'node-05': 'Deployed',
  });
});

test('the journal says who took whose place, and how often the others were tried', async () => {
  const view = foldJournal(await journalOf(lab.home, runsOf(lab.home).at(-1) ?? ''));
  const target = (name: string) => [...(view?.targets.values() ?? [])].find(each => each.name === name);
  expect(view?.outcome).toBe('done');
  expect(target('node-02')).toMatchObject({
    setAside: { broken: true },
    replacedBy: target('node-05')?.target,
  });
  const deploy = target('node-03')?.steps.find(({ id }) => id === 'hardware.deploy');
  expect(deploy).toMatchObject({ state: 'done', attempt: 2 });
});

test('a second up changes nothing', async () => {
  const { exitCode, stdout } = await lab.run('up', '--config', config);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('Nothing was changed');
});

test('without a spare the run fails, unless enough workers are left', async () => {
  await lab.run('release', '--yes', '--config', config);
  const all = 'machines: {workers: {tag: k8s-node}}\n';
  await writeFile(config, all);
  await lab.cli.run(['lab', 'fault', 'deployment-fails,machine=node-03']);
  const failed = await lab.run('up', '--config', config);
  expect(failed.exitCode).toBe(5);
  expect(failed.stderr).toContain('[MACHINE_FAILED]');
  await writeFile(config, 'machines: {workers: {atLeast: 1}}\n');
  const { exitCode, stdout, stderr } = await lab.run('up', '--config', config);
  expect(exitCode, stderr).toBe(0);
  expect(stdout).toContain('Done, without node-03.');
  expect(await statuses()).toMatchObject({ 'node-03': 'Failed deployment', 'node-05': 'Deployed' });
});
