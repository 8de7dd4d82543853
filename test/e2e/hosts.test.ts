import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { mostProcesses } from '../../bench/support/by-coldstart.ts';
import { type Cli, checkout } from '../support/cli.ts';
import { connectionsTo } from '../support/host.ts';
import { runsOf } from '../support/journal.ts';
import { addonTests } from './addons.ts';
import { kubectlOf, readyNodes } from './kubectl.ts';
import { lookTests } from './looks.ts';
import { sealedTests } from './sealed.ts';
import { chartAndManifests, useSite } from './site.ts';

const able = process.platform === 'linux' && process.getuid?.() === 0;
if (!able) process.stderr.write('skipped: the lab with real hosts needs Linux and root\n');

/** Three hosts, and two clusters on them one after the other: real kubeadm takes most of the time, so one lab serves every test that needs it whole. */
describe.skipIf(!able)('a cluster on real hosts', () => {
  const site = useSite();

  test('up --lab makes three Ready nodes of three machines that were powered off', async () => {
    await site.want(chartAndManifests('hello'));
    const { outcome, kubeconfig } = await site.up();
    expect(outcome).toBe('done');
    expect(await readyNodes(kubeconfig)).toEqual(['node-01', 'node-02', 'node-03']);
  });

  test('it took at most three SSH connections and two Ansible processes a machine', async () => {
    const connections = await Promise.all((await machineIds(site.cli)).map(connectionsTo));
    const [run = ''] = runsOf(site.home);
    const processes = await mostProcesses(path.join(site.home, 'clusters/lab/runs', run));
    expect({ connections: Math.max(...connections), processes }).toSatisfy(
      ({ connections, processes }: { connections: number; processes: number }) =>
        connections >= 1 && connections <= 3 && processes >= 1 && processes <= 2,
    );
  });

  test('a pod on one worker reaches a pod on the other, and a service by its address', async () => {
    const kubectl = kubectlOf(path.join(site.home, 'clusters/lab/kubeconfig'));
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
    // kube-proxy hears of pods that are ready a moment later.
    const pageAt = (url: string) => kubectl(['exec', from, '--', 'wget', '-qO-', url]);
    await expect.poll(() => pageAt(`http://${address}:8080/`)).toContain('hello from');
    const service = await kubectl(['get', 'service', 'web', '-o', 'jsonpath={.spec.clusterIP}']);
    await expect.poll(() => pageAt(`http://${service}/`)).toContain('hello from');
    await kubectl(['delete', '-f', path.join(checkout, 'test/e2e/pods.yaml'), '--wait=false']);
  });

  test('a second up changes nothing and says so', async () => {
    const runs = runsOf(site.home);
    const { exitCode, stdout } = await site.cli.run(site.on('up'));
    expect(stdout).toContain('Nothing was changed');
    expect(exitCode).toBe(0);
    expect(runsOf(site.home)).toEqual(runs);
  });

  test('status and plan agree', async () => {
    const status = await site.cli.json<{ machines: { node: { ready: boolean } }[] }>(
      site.on('status', '-o', 'json'),
    );
    expect(status.machines.map(({ node }) => node.ready)).toEqual([true, true, true]);
    const plan = await site.cli.json<{ changes: boolean }>(site.on('plan', '-o', 'json'));
    expect(plan.changes).toBe(false);
  });

  test('ansible-inventory reads the inventory, and a playbook run by hand changes nothing', async () => {
    const script = path.join(site.home, 'inventory');
    const env = {
      ...site.cli.env,
      ...(await labEnv(site.cli)),
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
    const file = path.join(site.home, 'kube', 'config');
    await execa('mkdir', ['-p', path.dirname(file)]);
    const before =
      'apiVersion: v1\nkind: Config\n# mine\nclusters: []\ncontexts: []\nusers: []\ncurrent-context: ""\n';
    await writeFile(file, before);
    const { exitCode, stderr } = await site.cli.run(['kubeconfig', '--lab', '--merge'], {
      env: { KUBECONFIG: file },
    });
    expect(exitCode, stderr).toBe(0);
    expect(await readFile(file, 'utf8')).toContain('# mine');
    expect(await readyNodes(file, 'lab')).toHaveLength(3);
  });

  lookTests(site);
  addonTests(site);

  test('release --yes leaves three machines Ready in MAAS and nothing running', async () => {
    await site.cli.json(site.on('release', '--yes', '-o', 'json'));
    const { machines } = await site.cli.json<{ machines: { status: string; power: string }[] }>(
      site.on('status', '-o', 'json'),
    );
    expect(machines.map(({ status, power }) => `${status} ${power}`)).toEqual([
      'Ready off',
      'Ready off',
      'Ready off',
    ]);
    expect(await processesOf(site.home)).toEqual([]);
  });

  sealedTests(site);

  test('lab down leaves the computer as it was', async () => {
    // Other labs may run on this computer, so it is asked for what belongs to this one: by its folder and its machines.
    const ids = await machineIds(site.cli);
    expect(ids).toHaveLength(3);
    const before = await traces(site.home, ids);
    expect(before.links).toHaveLength(4);
    expect(before.namespaces).toHaveLength(3);
    expect(before.cgroups).not.toEqual([]);
    const { exitCode, stderr } = await site.cli.run(['lab', 'down', '--purge']);
    expect(exitCode, stderr).toBe(0);
    expect(await processesOf(site.home)).toEqual([]);
    expect(await traces(site.home, ids)).toEqual({ links: [], namespaces: [], cgroups: [] });
    expect(await readFile('/proc/mounts', 'utf8')).not.toContain(site.home);
    expect(await readdir(site.home)).not.toContain('lab');
  });
});

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
  // Some go while they are listed, of which find complains.
  const { stdout: cgroups } = await execa('find', ['/sys/fs/cgroup', '-type', 'd', '-path', '*coldstart*'], {
    reject: false,
  });
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
