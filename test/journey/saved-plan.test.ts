import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SimulatedLab, startSimulatedLab } from '../support/lab.ts';

let lab: SimulatedLab;
let file: string;

beforeAll(async () => {
  lab = await startSimulatedLab(['--time-scale', '300']);
  file = path.join(lab.home, 'saved.json');
});

afterAll(() => lab.remove());

const plan = () => lab.run('plan', '--save', file);
const up = (from = file) => lab.run('up', '--plan', from);

async function statuses(): Promise<string[]> {
  const { machines } = await lab.maas.listMachines();
  return machines.map(({ hostname, status }) => `${hostname} ${status}`).sort();
}

const untouched = ['node-01 ready', 'node-02 ready', 'node-03 ready'];

describe('a saved plan', () => {
  test('changes nothing, is for its owner only, and says how to carry it out', async () => {
    const { exitCode, stderr } = await plan();
    expect(exitCode, stderr).toBe(0);
    expect(stderr).toContain(`coldstart up --plan ${file}`);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await statuses()).toEqual(untouched);
  });

  test('is carried out by a command with the same flags, which is shown', async () => {
    const settings = path.join(lab.home, 'own.yaml');
    await writeFile(settings, 'name: lab\n');
    const { stderr } = await lab.run('plan', '--lab', '--config', settings, '--save', file);
    expect(stderr).toContain(`\n  coldstart up --lab --config ${settings} --plan ${file}`);
    expect((await plan()).exitCode).toBe(0);
  });

  test.each([
    ['one that is missing', async () => path.join(lab.home, 'none.json'), /could not read the plan/],
    [
      'one that was cut off',
      async () => changed(text => text.slice(0, 900)),
      /no saved plan, or it was changed or cut off/,
    ],
    [
      'one that somebody has edited',
      async () => changed(text => text.replace('"ready"', '"deployed"')),
      /no saved plan, or it was changed or cut off/,
    ],
  ])('%s is refused before anything is touched', async (_, make, message) => {
    const { exitCode, stderr } = await up(await make());
    expect(stderr).toMatch(message);
    expect(stderr).toContain('PLAN_UNUSABLE');
    expect(exitCode).toBe(2);
    expect(await statuses()).toEqual(untouched);
  });

  test('is refused for another cluster, and where the settings say something else by now', async () => {
    const other = path.join(lab.home, 'cluster.yaml');
    await writeFile(other, 'name: other\n');
    const named = await lab.run('up', '--plan', file, '--config', other);
    expect(named.stderr).toContain('it is of the cluster "lab", and this is "other"');
    await writeFile(other, 'name: lab\nmachines: { workers: { count: 1 } }\n');
    const counted = await lab.run('up', '--plan', file, '--config', other);
    expect(counted.stderr).toContain('settings or nodes have changed since');
    expect([named.exitCode, counted.exitCode]).toEqual([2, 2]);
    expect(await statuses()).toEqual(untouched);
  });

  test('never costs a disk that somebody has put out of scope since', async () => {
    const { machines } = await lab.maas.listMachines();
    const kept = machines.find(({ hostname }) => hostname === 'node-03');
    if (!kept) throw new Error('no node-03');
    await lab.maas.createTag('coldstart-never', 'never touched');
    await lab.maas.tagMachines('coldstart-never', { add: [kept.id] });
    const { exitCode, stderr } = await up();
    expect(stderr).toMatch(/did not deploy node-03.*coldstart-never/s);
    expect(exitCode).not.toBe(0);
    expect(await statuses()).toEqual(['node-01 deployed', 'node-02 deployed', 'node-03 allocated']);
    await lab.maas.tagMachines('coldstart-never', { remove: [kept.id] });
  });

  test('is carried out once: a run has changed the machines', async () => {
    const { exitCode, stderr } = await up();
    expect(stderr).toContain('the machines have changed since');
    expect(exitCode).toBe(2);
  });

  test('goes on with the rest when it is made anew, and then there is nothing to do', async () => {
    expect((await plan()).exitCode).toBe(0);
    const { exitCode, stderr } = await up();
    expect(exitCode, stderr).toBe(0);
    expect(await statuses()).toEqual(['node-01 deployed', 'node-02 deployed', 'node-03 deployed']);
    expect((await plan()).stdout).toContain('Nothing to do.');
    expect((await up()).stdout).toContain('Nothing was changed');
  });
});

async function changed(change: (text: string) => string): Promise<string> {
  const other = path.join(lab.home, 'changed.json');
  await writeFile(other, change(await readFile(file, 'utf8')));
  return other;
}
