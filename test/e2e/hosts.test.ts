import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mostProcesses } from '../../bench/support/by-coldstart.ts';
import { type Cli, checkout, createCli } from '../support/cli.ts';
import { connectionsTo } from '../support/host.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { eventually } from '../support/wait.ts';

const able = process.platform === 'linux' && process.getuid?.() === 0;
if (!able) process.stderr.write('skipped: the lab with real hosts needs Linux and root\n');

interface RunJson {
  outcome: string;
  changes: number;
  kubeconfig: string;
  machines: { name: string }[];
}

interface NodeList {
  items: { metadata: { name: string }; status: { conditions: { type: string; status: string }[] } }[];
}

describe.skipIf(!able)('a cluster on real hosts', () => {
  let home: string;
  let cli: Cli;

  beforeAll(async () => {
    // Not on tmpfs: the hosts' disks lie below it.
    home = await mkdtemp('/var/tmp/coldstart-e2e-');
    await chmod(home, 0o700);
    cli = createCli(home);
  });

  afterAll(async () => {
    const { exitCode, stderr } = await cli.run(['lab', 'down', '--purge']);
    if (exitCode !== 0) process.stderr.write(stderr);
    await rm(home, { recursive: true, force: true });
  });

  test('up --lab makes three Ready nodes of three machines that were powered off', async () => {
    const result = await cli.json<RunJson>(['up', '--lab', '--yes', '-o', 'json']);
    expect(result.outcome).toBe('done');
    expect(await readyNodes(result.kubeconfig)).toEqual(['node-01', 'node-02', 'node-03']);
  });

  test('it took at most three SSH connections and two Ansible processes a machine', async () => {
    const connections = await Promise.all((await machineIds(cli)).map(connectionsTo));
    const [run = ''] = runsOf(home);
    const processes = await mostProcesses(path.join(home, 'clusters/lab/runs', run));
    expect({ connections: Math.max(...connections), processes }).toSatisfy(
      ({ connections, processes }: { connections: number; processes: number }) =>
        connections >= 1 && connections <= 3 && processes >= 1 && processes <= 2,
    );
  });

  test('a pod on one worker reaches a pod on the other, and a service by its address', async () => {
    const kubectl = kubectlOf(path.join(home, 'clusters/lab/kubeconfig'));
    await kubectl(['apply', '-f', path.join(checkout, 'test/e2e/pods.yaml')]);
    await kubectl(['rollout', 'status', 'daemonset/web', '--timeout=120s']);
    const pods = (
      await kubectl([
        'get',
        'pods',
        '-l',
        'app=web',
        '-o',
        'jsonpath={range .items[*]}{.metadata.name} {.status.podIP}{"\\n"}{end}',
      ])
    )
      .split('\n')
      .map(line => line.split(' '));
    const [[from = ''] = [], [, address = ''] = []] = pods;
    expect(await kubectl(['exec', from, '--', 'wget', '-qO-', `http://${address}:8080/`])).toContain(
      'hello from',
    );
    const service = await kubectl(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
    expect(await kubectl(['exec', from, '--', 'wget', '-qO-', `http://${service}/`])).toContain('hello from');
    await kubectl(['delete', '-f', path.join(checkout, 'test/e2e/pods.yaml'), '--wait=false']);
  });

  test('a second up changes nothing and says so', async () => {
    const runs = runsOf(home);
    const { exitCode, stdout } = await cli.run(['up', '--lab']);
    expect(stdout).toContain('Nothing was changed');
    expect(exitCode).toBe(0);
    expect(runsOf(home)).toEqual(runs);
  });

  test('status and plan agree', async () => {
    const status = await cli.json<{ machines: { node: { ready: boolean } }[] }>([
      'status',
      '--lab',
      '-o',
      'json',
    ]);
    expect(status.machines.map(({ node }) => node.ready)).toEqual([true, true, true]);
    const plan = await cli.json<{ changes: boolean }>(['plan', '--lab', '-o', 'json']);
    expect(plan.changes).toBe(false);
  });

  test('ansible-inventory reads the inventory, and a playbook run by hand changes nothing', async () => {
    const script = path.join(home, 'inventory');
    const env = {
      ...cli.env,
      ...(await labEnv(cli)),
      ANSIBLE_CONFIG: path.join(checkout, 'ansible/ansible.cfg'),
    };
    await writeFile(script, `#!/bin/sh\nexec ${checkout}/coldstart inventory "$@"\n`, { mode: 0o755 });
    const listed = JSON.parse(
      (await execa('ansible-inventory', ['-i', script, '--list'], { env })).stdout,
    ) as {
      control_plane: { hosts: string[] };
      workers: { hosts: string[] };
    };
    expect(listed.control_plane.hosts).toEqual(['node-01']);
    expect(listed.workers.hosts).toEqual(['node-02', 'node-03']);
    const { stdout } = await execa(
      'ansible-playbook',
      ['-i', script, path.join(checkout, 'ansible/playbooks/prepare.yml')],
      {
        env: { ...env, ANSIBLE_STDOUT_CALLBACK: 'default', ANSIBLE_NOCOLOR: '1' },
      },
    );
    expect(stdout.match(/changed=\d+/g)).toEqual(['changed=0', 'changed=0', 'changed=0']);
    expect(stdout).not.toMatch(/(failed|unreachable)=[1-9]/);
  });

  test('kubeconfig --merge keeps what is there', async () => {
    const file = path.join(home, 'kube', 'config');
    await execa('mkdir', ['-p', path.dirname(file)]);
    const before =
      'apiVersion: v1\nkind: Config\n# mine\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: ""\n';
    await writeFile(file, before);
    const { exitCode, stderr } = await cli.run(['kubeconfig', '--lab', '--merge'], {
      env: { KUBECONFIG: file },
    });
    expect(exitCode, stderr).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('# mine');
    expect(await readyNodes(file, 'lab')).toHaveLength(3);
  });

  test('release --yes leaves three machines Ready in MAAS and nothing running', async () => {
    await cli.json(['release', '--lab', '--yes', '-o', 'json']);
    const { machines } = await cli.json<{ machines: { status: string; power: string }[] }>([
      'status',
      '--lab',
      '-o',
      'json',
    ]);
    expect(machines.map(({ status, power }) => `${status} ${power}`)).toEqual([
      'Ready off',
      'Ready off',
      'Ready off',
    ]);
    expect(await processesOf(home)).toEqual([]);
  });

  test('up survives Ctrl-C and kill -9 in every stage', async () => {
    const interruptions: [step: string, signal: NodeJS.Signals][] = [
      ['hardware.deploy', 'SIGKILL'],
      ['hardware.answer', 'SIGINT'],
      ['prepare.machine', 'SIGKILL'],
      ['prepare.machine', 'SIGINT'],
      ['cluster.init', 'SIGKILL'],
      ['configure.cluster', 'SIGKILL'],
      ['cluster.join-worker', 'SIGINT'],
      ['cluster.join-worker', 'SIGKILL'],
    ];
    for (const [step, signal] of interruptions) await interrupt(cli, step, signal);
    const result = await cli.json<RunJson>(['up', '--lab', '-o', 'json']);
    expect(result.outcome).toBe('done');
    expect(await readyNodes(path.join(home, 'clusters/lab/kubeconfig'))).toHaveLength(3);
  });

  test('lab down leaves the computer as it was', async () => {
    // Other labs may run on this computer, so it is asked for what belongs to this one: by its folder and its machines.
    const ids = await machineIds(cli);
    expect(ids).toHaveLength(3);
    const before = await traces(home, ids);
    expect(before.links).toHaveLength(4);
    expect(before.namespaces).toHaveLength(3);
    expect(before.cgroups).not.toEqual([]);
    const { exitCode, stderr } = await cli.run(['lab', 'down', '--purge']);
    expect(exitCode, stderr).toBe(0);
    expect(await processesOf(home)).toEqual([]);
    expect(await traces(home, ids)).toEqual({ links: [], namespaces: [], cgroups: [] });
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(home);
    expect(await readdir(home)).not.toContain('lab');
  });
});

/** Starts `up`, waits until the step has begun on some machine, and sends the signal. */
async function interrupt(cli: Cli, step: string, signal: NodeJS.Signals): Promise<void> {
  const before = runsOf(cli.home);
  const run = cli.start(['up', '--lab']);
  const begun = async (): Promise<boolean> => {
    const newest = runsOf(cli.home).find(name => !before.includes(name));
    if (newest === undefined) return false;
    const entries = await journalOf(cli.home, newest);
    return entries.some(entry => 'step' in entry && entry.step === step && entry.type === 'step.started');
  };
  await Promise.race([
    eventually(`${step} has begun`, begun, 10 * 60_000),
    run.ended.then(({ stderr }) => Promise.reject(new Error(`up ended before ${step} began:\n${stderr}`))),
  ]);
  run.kill(signal);
  const { exitCode, stderr } = await run.ended;
  if (signal !== 'SIGINT') return;
  expect(exitCode, stderr).toBe(3);
  expect(stderr).toContain('it goes on where it stopped');
}

async function readyNodes(kubeconfig: string, context?: string): Promise<string[]> {
  const list = await kubectlOf(kubeconfig, context)(['get', 'nodes', '-o', 'json']);
  return (JSON.parse(list) as NodeList).items
    .filter(({ status }) =>
      status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
    )
    .map(({ metadata }) => metadata.name);
}

/** kubectl of the lab's own Kubernetes where it was built here: no other is needed on this computer. */
async function kubectlProgram(): Promise<string> {
  const cache = path.join(
    process.env['XDG_CACHE_HOME'] ?? path.join(os.homedir(), '.cache'),
    'coldstart/kubernetes',
  );
  const found = (await readdir(cache, { recursive: true }).catch(() => [])).find(file =>
    file.endsWith('bin/kubectl'),
  );
  return found === undefined ? 'kubectl' : path.join(cache, found);
}

function kubectlOf(kubeconfig: string, context?: string): (args: readonly string[]) => Promise<string> {
  return async args => {
    const chosen = context === undefined ? [] : ['--context', context];
    const { stdout } = await execa(await kubectlProgram(), ['--kubeconfig', kubeconfig, ...chosen, ...args]);
    return stdout;
  };
}

async function labEnv(cli: Cli): Promise<Record<string, string>> {
  const { stdout } = await cli.run(['lab', 'env']);
  return Object.fromEntries(
    [...stdout.matchAll(/export (\w+)=(.*)/g)].map(([, name = '', value = '']) => [name, value]),
  );
}

async function machineIds(cli: Cli): Promise<string[]> {
  const { machines } = await cli.json<{ machines: { systemId: string }[] }>([
    'status',
    '--lab',
    '-o',
    'json',
  ]);
  return machines.map(({ systemId }) => systemId);
}

/** What the kernel keeps for a lab: its bridge has the lab's folder as alias, everything else the ids of its machines. */
async function traces(home: string, ids: readonly string[]) {
  const ours = (text: string) => ids.some(id => text.includes(id));
  const links = JSON.parse((await execa('ip', ['-j', 'link'])).stdout) as {
    ifname: string;
    ifalias?: string;
  }[];
  const namespaces = (await execa('ip', ['netns'])).stdout.split('\n');
  const cgroups = (await execa('find', ['/sys/fs/cgroup', '-type', 'd', '-path', '*coldstart*'])).stdout;
  return {
    links: links
      .filter(({ ifname, ifalias }) => ours(ifname) || ifalias?.includes(home))
      .map(({ ifname }) => ifname),
    namespaces: namespaces.filter(ours),
    cgroups: cgroups.split('\n').filter(ours),
  };
}

/** Processes of the lab's hosts: everything that was started below this home. */
async function processesOf(home: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-eo', 'args']);
  return stdout.split('\n').filter(line => line.includes(`${home}/lab/hosts`));
}
