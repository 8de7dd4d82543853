import { existsSync } from 'node:fs';
import { chmod, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMaasClient, type MaasClient } from '../../src/maas/client.ts';
import { type Cli, checkout, createCli } from '../support/cli.ts';
import { beforeDeploy, cutAt } from '../support/cut.ts';
import { runsOf } from '../support/journal.ts';
import { eventually } from '../support/wait.ts';

interface Status {
  machines: { systemId: string; name: string; status: string }[];
}

let home: string;
let cli: Cli;
let lab: Record<string, string>;
let maas: MaasClient;

beforeAll(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), 'coldstart-journey-'));
  cli = createCli(home);
  const { exitCode, stderr } = await cli.run(['lab', 'up', '--machines', 'simulated', '--time-scale', '300']);
  expect(exitCode, stderr).toBe(0);
  const { stdout } = await cli.run(['lab', 'env']);
  lab = Object.fromEntries(
    [...stdout.matchAll(/export (\w+)=(.*)/g)].map(([, name = '', value = '']) => [name, value]),
  );
  maas = createMaasClient({
    url: lab['MAAS_API_URL'] ?? '',
    apiKey: lab['MAAS_API_KEY'] ?? '',
    proxy: false,
  });
});

afterAll(async () => {
  maas?.close();
  await cli.run(['lab', 'down', '--purge']);
  await rm(home, { recursive: true, force: true });
});

function run(...args: string[]) {
  return cli.run(args, { env: lab });
}

async function statuses(): Promise<string[]> {
  const { machines } = JSON.parse((await run('status', '-o', 'json')).stdout) as Status;
  return machines.map(({ name, status }) => `${name} ${status}`);
}

const allReady = ['node-01 Ready', 'node-02 Ready', 'node-03 Ready'];
const allDeployed = ['node-01 Deployed', 'node-02 Deployed', 'node-03 Deployed'];

describe('the hardware stage on simulated machines', () => {
  test('plan says what up would do and changes nothing', async () => {
    const { exitCode, stdout } = await run('plan');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('node-01');
    expect(stdout).toMatch(/node-01 .* hardware/);
    expect(await statuses()).toEqual(allReady);
  });

  test('up stops after the hardware stage, and says so', async () => {
    const { exitCode, stdout, stderr } = await run('up');
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toContain('Stopped after the hardware stage');
    expect(await statuses()).toEqual(allDeployed);
  });

  test('a second up changes nothing', async () => {
    const { stdout } = await run('up');
    expect(stdout).toContain('Nothing was changed');
  });

  test('the inventory is read by the real ansible-inventory', async context => {
    const script = path.join(home, 'inventory');
    await writeFile(script, `#!/bin/sh\nexec ${checkout}/coldstart inventory "$@"\n`);
    await chmod(script, 0o755);
    const result = await execa('ansible-inventory', ['-i', script, '--host', 'node-02'], {
      env: { ...cli.env, ...lab },
      reject: false,
    });
    if (result.code === 'ENOENT') context.skip('ansible-inventory is not installed');
    expect(JSON.parse(result.stdout)).toMatchObject({ node_name: 'node-02', maas: { tags: ['k8s-node'] } });
  });

  test('without --yes, and with nobody to ask, nothing is released', async () => {
    const { exitCode, stderr } = await run('release');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Everything on these machines will be lost');
    expect(stderr).toContain('[NOT_CONFIRMED]');
    expect(await statuses()).toEqual(allDeployed);
  });

  test('reset deploys again and tells the cycle time', async () => {
    const { exitCode, stdout } = await run('reset', '--yes');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/MAAS cycle time: \d+\.\d seconds/);
    expect(await statuses()).toEqual(allDeployed);
  });

  test('release gives the machines back; doing it again does nothing', async () => {
    expect((await run('release', '--yes')).exitCode).toBe(0);
    expect(await statuses()).toEqual(allReady);
    expect((await run('release', '--yes')).stdout).toContain('Nothing to release');
  });

  test.each<NodeJS.Signals>(['SIGINT', 'SIGKILL'])(
    'up interrupted by %s goes on where it stopped',
    async signal => {
      const { exitCode } = await cli.run(['up', '--lab'], { env: cutAt(beforeDeploy(), signal) });
      expect(exitCode).toBe(signal === 'SIGINT' ? 3 : undefined);
      expect((await run('up')).exitCode).toBe(0);
      expect(await statuses()).toEqual(allDeployed);
      await run('release', '--yes');
    },
  );
});

describe('bad input', () => {
  test.each<[string, Record<string, string>, number, string]>([
    ['no MAAS at all', { MAAS_API_URL: '', MAAS_API_KEY: '' }, 2, '[CONFIG_MISSING]'],
    ['a URL that is none', { MAAS_API_URL: 'maas.example:5240' }, 2, '[CONFIG_INVALID]'],
    ['a port where nobody listens', { MAAS_API_URL: 'http://127.0.0.1:9/MAAS' }, 4, '[MAAS_UNREACHABLE]'],
    ['a key of the wrong shape', { MAAS_API_KEY: 'one:two' }, 2, '[CONFIG_INVALID]'],
    [
      'a key that is not known',
      { MAAS_API_KEY: 'aaaaaaaaaaaaaaaaaa:bbbbbbbbbbbbbbbbbb:cccccccc' },
      4,
      '[MAAS_UNAUTHORIZED]',
    ],
    [
      'tags that nobody carries',
      { K8S_MASTER_TAG: 'nobody', K8S_HOST_TAG: 'noone' },
      2,
      'no machine in MAAS carries',
    ],
  ])('%s', async (_, env, exit, message) => {
    const { exitCode, stderr } = await cli.run(['up'], { env: { ...lab, ...env } });
    expect(stderr).toContain(message);
    expect(stderr).toContain('try:');
    expect(exitCode).toBe(exit);
  });

  test('a machine with two roles stops everything before it begins', async () => {
    const { machines } = JSON.parse((await run('status', '-o', 'json')).stdout) as Status;
    const [first] = (await maas.listByTags(['k8s-master'])).machines;
    if (!first) throw new Error(`no control plane among ${machines.length}`);
    await maas.tagMachines('k8s-node', { add: [first.id] });
    const { exitCode, stderr } = await run('up');
    await maas.tagMachines('k8s-node', { remove: [first.id] });
    expect(stderr).toContain('carries both k8s-master and k8s-node');
    expect(exitCode).toBe(2);
  });

  test('every mistake in cluster.yaml is named with its line, and nothing is touched', async () => {
    const file = path.join(home, 'cluster.yaml');
    await writeFile(file, 'name: Garage!\nkubernets:\n  version: "1.36"\nkubernetes:\n  version: "1.12"\n');
    const { exitCode, stderr } = await run('up', '--config', file);
    expect(stderr).toMatch(/cluster\.yaml:1:\d+/);
    expect(stderr).toMatch(/cluster\.yaml:2:\d+.*kubernetes/);
    expect(stderr).toMatch(/cluster\.yaml:5:\d+/);
    expect(exitCode).toBe(2);
    expect(await statuses()).toEqual(allReady);
  });

  test('simulated machines of a lab that was started from another COLDSTART_HOME are not waited for', async () => {
    const elsewhere = createCli(await mkdtemp(path.join(home, 'home-')));
    const { exitCode, stderr } = await elsewhere.run(['up'], { env: lab });
    expect(stderr).toContain('node-01 and 2 more are simulated');
    expect(stderr).toContain('[PLAN_INVALID]');
    expect(exitCode).toBe(2);
    expect(await statuses()).toEqual(allReady);
    // What ends in the hardware stage works from everywhere.
    expect((await elsewhere.run(['release', '--yes'], { env: lab })).exitCode).toBe(0);
  });

  test('an unknown flag or command ends with status 2', async () => {
    expect((await run('up', '--nonsense')).exitCode).toBe(2);
    expect((await run('nonsense')).exitCode).toBe(2);
  });
});

test('init writes a cluster.yaml that plan accepts', async () => {
  const cwd = await mkdtemp(path.join(home, 'site-'));
  const { exitCode, stderr } = await cli.run(['init'], { env: lab, cwd });
  expect(exitCode, stderr).toBe(0);
  expect((await cli.run(['plan'], { env: lab, cwd })).exitCode).toBe(0);
  expect((await cli.run(['init'], { env: lab, cwd })).stderr).toContain('exists');
});

describe('what is remembered', () => {
  interface HistoryJson {
    runs: { run: string; command: string; outcome: string; criticalPath: { part: string }[] }[];
  }
  interface MachinesJson {
    machines: { name: string; runs: number; parts: Record<string, { count: number; median: number }> }[];
  }

  test('history has every run, killed ones too, and the ledger what each machine took', async () => {
    const { stdout } = await run('history', '--limit', '1000', '-o', 'json');
    const { runs } = JSON.parse(stdout) as HistoryJson;
    const names = runs.map(each => each.run);
    expect(names.toSorted()).toEqual(runsOf(home));
    // Oldest first. Names know seconds, and two that began in the same one end differently.
    const second = (name: string) => name.slice(0, '2026-01-31T120000'.length);
    expect(names.map(second)).toEqual(runsOf(home).map(second));
    expect(runs.map(({ outcome }) => outcome)).toEqual(
      expect.arrayContaining(['done', 'stopped', 'unfinished']),
    );
    const first = runs.find(({ command }) => command === 'up');
    // Seconds of MAAS's events are long in a lab this fast, so which part is not certain.
    expect(first?.criticalPath.map(({ part }) => part).join()).toContain('hardware.deploy/');

    const { machines } = JSON.parse((await run('machines', '-o', 'json')).stdout) as MachinesJson;
    expect(machines.map(({ name }) => name)).toEqual(['node-01', 'node-02', 'node-03']);
    for (const machine of machines) expect(machine.parts['hardware.deploy']?.median).toBeGreaterThan(0);
  });

  test('a report is written where it is wanted', async () => {
    const file = path.join(home, 'report.html');
    const { stdout } = await run('report', 'last', '-f', file);
    expect(stdout.trim()).toBe(file);
    const html = await readFile(file, 'utf8');
    expect(html).toContain('coldstart release: lab');
    expect(html).toContain('kubernetes.version');
    expect(html).not.toContain(lab['MAAS_API_KEY'] ?? 'no key');
    expect((await run('report', '-f', '-')).stdout).toContain('<!doctype html>');
  });

  test('people read tables, and a run that is not there is a mistake of theirs', async () => {
    expect((await run('machines')).stdout).toMatch(/MACHINE +SYSTEM ID.*\nnode-01/);
    // MAAS tells whole seconds, and these machines live three hundred times faster: which parts can be told varies.
    expect((await run('machines', 'node-02')).stdout).toMatch(/^( *)deployment\b.*\n\1 {2}\S/m);
    expect((await run('history', 'last')).stdout).toContain('critical path');
    const { exitCode, stderr } = await run('history', 'nothing-like-this');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[USAGE]') });
    expect((await run('machines', 'nobody')).exitCode).toBe(2);
    const file = path.join(home, 'another.yaml');
    await writeFile(file, 'name: another\n');
    const elsewhere = 'of the cluster "another" is known yet.\nThere are runs for lab: --lab';
    expect((await run('history', '--config', file)).stdout).toContain(`No run ${elsewhere}`);
    expect((await run('machines', '--config', file)).stdout).toContain(`No machine ${elsewhere}`);
  });
});

test('what is remembered of the lab can be read when it is down', async () => {
  const elsewhere = createCli(await mkdtemp(path.join(home, 'home-')));
  await cp(path.join(home, 'clusters'), path.join(elsewhere.home, 'clusters'), { recursive: true });
  expect((await elsewhere.run(['history', '--lab'])).stdout).toContain('release');
  expect((await elsewhere.run(['machines', '--lab'])).stdout).toContain('node-01');
  expect((await elsewhere.run(['status', '--lab'])).stderr).toContain('[LAB_NOT_RUNNING]');
});

describe('measure', () => {
  interface MeasureJson {
    outcome: string;
    cycles: { seconds: { release?: number; hardware: number; total: number } }[];
    statistics: Record<
      string,
      { count: number; minimum: number; maximum: number; standardDeviation: number }
    >;
    failure: { code: string } | null;
  }

  test('it wipes, so nothing happens before it is confirmed', async () => {
    const { exitCode, stderr } = await run('measure', '--cycles', '2');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('[NOT_CONFIRMED]'),
    });
    expect(await statuses()).toEqual(allReady);
  });

  test('cycles have their times, and the JSON beside them says the same', async () => {
    const file = path.join(home, 'measure.json');
    const args = ['measure', '--cycles', '2', '--through', 'hardware', '--yes', '--file', file];
    const { exitCode, stdout, stderr } = await run(...args);
    expect(exitCode, stderr).toBe(0);
    expect(stdout).toMatch(/CYCLE +RELEASE +HARDWARE +TOTAL/);
    expect(stdout).toMatch(/2 CYCLES +MINIMUM +MEDIAN +P90 +MAXIMUM +STANDARD DEVIATION/);
    const measured = JSON.parse(await readFile(file, 'utf8')) as MeasureJson;
    expect(measured.outcome).toBe('done');
    // There was nothing to release before the first one.
    expect(measured.cycles.map(({ seconds }) => seconds.release !== undefined)).toEqual([false, true]);
    expect(measured.statistics['total']).toMatchObject({ count: 2 });
  });

  test('a measurement that is stopped tells what is known', async () => {
    const file = path.join(home, 'stopped.json');
    const going = cli.start(['measure', '--lab', '--cycles', '100', '--yes', '--file', file]);
    await eventually('a cycle is over', () => existsSync(file));
    going.kill('SIGINT');
    const { exitCode, stdout, stderr } = await going.ended;
    expect(exitCode, stderr).toBe(3);
    expect(stdout).toContain('CYCLE');
    expect(stderr).toMatch(/Stopped in cycle \d+ of 100/);
    const measured = JSON.parse(await readFile(file, 'utf8')) as MeasureJson;
    expect(measured).toMatchObject({ outcome: 'stopped', failure: { code: 'STOPPED' } });
    expect(measured.cycles.length).toBeGreaterThan(0);
    await run('release', '--yes');
  });
});
