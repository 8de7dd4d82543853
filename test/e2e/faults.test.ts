import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, test } from 'vitest';
import { createKubernetesClient } from '../../src/cluster/kubernetes-api.ts';
import type { JournalEntry } from '../../src/journal/events.ts';
import { processesOfMachine } from '../../src/lab/system/cgroups.ts';
import { namespacePath } from '../../src/lab/system/machine-link.ts';
import { authorization, parseApiKey } from '../../src/maas/oauth.ts';
import type { Cli, Ended } from '../support/cli.ts';
import { onHost } from '../support/host.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { eventually } from '../support/wait.ts';
import { useSite } from './site.ts';

const able = process.platform === 'linux' && process.getuid?.() === 0;
if (!able) process.stderr.write('skipped: the lab with real hosts needs Linux and root\n');

interface Status {
  machines: { name: string; systemId: string; power: string }[];
}

/** One road to a cluster of two hosts; on it, one fault after the other. Every test goes on where the one before ended. */
describe.skipIf(!able)('faults of real hosts', () => {
  const site = useSite();
  let controlPlane: string;
  let worker: string;

  beforeAll(async () => {
    const { cli } = site;
    const { exitCode, stderr } = await cli.run(['lab', 'up', '--count', '2', '--yes']);
    expect(exitCode, stderr).toBe(0);
    const { machines } = await cli.json<Status>(['status', '--lab', '-o', 'json']);
    [controlPlane = '', worker = ''] = machines.map(({ systemId }) => systemId);
    const run = await begin(cli);
    await run.sees('both are being prepared', entries => stepsBegun(entries, 'prepare.machine') === 2);
    expect((await run.interrupt()).exitCode).toBe(3);
  });

  test('another host key, and no sudo', async () => {
    await onHost(
      worker,
      'mkdir /root/aside; mv /etc/ssh/ssh_host_* /root/aside; ssh-keygen -q -t ed25519 -N "" -f /etc/ssh/ssh_host_ed25519_key; systemctl restart ssh',
    );
    await onHost(controlPlane, 'mkdir /root/aside; mv /etc/sudoers.d/90-* /root/aside');
    const { exitCode, stderr } = await site.cli.run(['up', '--lab', '--yes']);
    expect(exitCode, stderr).toBe(5);
    expect(stderr).toMatch(/node-02 \(.*\) cannot be trusted\n.*another host key.*\n.*\[SSH_HOST_KEY\]/);
    expect(stderr).toMatch(
      /debian on node-01 may not run commands as root\n.*sudo asks for a password\n.*\[SSH_UNREACHABLE\]/,
    );
    await onHost(worker, 'mv /root/aside/* /etc/ssh; systemctl restart ssh');
    await onHost(controlPlane, 'mv /root/aside/* /etc/sudoers.d');
  });

  test('a package mirror that is silent for a while, a full disk, and a control plane that dies', async () => {
    await onHost(worker, 'mount -t tmpfs -o size=1m tmpfs /var/cache/apt/archives');
    await silenceMirror(controlPlane);
    await onHost(controlPlane, dieBeforeTheNetwork);
    const run = await begin(site.cli);
    await eventually('packets to the mirror are lost', () => lostPackets(controlPlane), 10 * 60_000);
    await inNetwork(controlPlane, ['nft', 'delete', 'table', 'inet', 'silence']);
    await eventually('the control plane is dead', () => isDead(controlPlane), 10 * 60_000);
    await askForPower(site.cli, controlPlane);
    const { exitCode, stderr } = await run.ended;
    expect(exitCode, stderr).not.toBe(0);
    expect(stderr).toMatch(/✗ node-02, prepare.machine: .*\n.*enough free space in \/var\/cache\/apt/);
    expect(stderr).toMatch(/make room on the disk of node-02/);
    expect(stderr).toMatch(/✗ node-01, configure.cluster: .*node-01\n.*\n.*\[SSH_UNREACHABLE\]/);
    await onHost(worker, 'umount /var/cache/apt/archives');
  });

  test('a reboot while it is prepared', async () => {
    const run = await begin(site.cli);
    await run.sees(
      'the worker is being prepared',
      entries => stepsBegun(entries, 'prepare.machine', worker) > 0,
    );
    await onHost(worker, 'systemctl reboot');
    await run.sees('the worker has joined', entries => stepsDone(entries, 'cluster.join-worker') === 1);
    await run.interrupt();
  });

  test('a kubelet that is silent', async () => {
    await onHost(worker, 'systemctl stop kubelet');
    await eventually(
      'Kubernetes misses the worker',
      async () => (await isReady(site.cli, 'node-02')) === false,
      3 * 60_000,
    );
    const { exitCode, stderr } = await site.cli.run(['up', '--lab', '--yes'], {
      env: { COLDSTART_PATIENCE: '0.02' },
    });
    expect(exitCode, stderr).not.toBe(0);
    expect(stderr).toMatch(/✗ node-02, cluster.ready: .*node-02 is Ready.*\n.*NotReady.*\n.*\[TIMED_OUT\]/);
    await onHost(worker, 'systemctl start kubelet');
    const result = await site.cli.json<{ outcome: string }>(['up', '--lab', '--yes', '-o', 'json']);
    expect(result.outcome).toBe('done');
    expect([await isReady(site.cli, 'node-01'), await isReady(site.cli, 'node-02')]).toEqual([true, true]);
  });
});

/** Starts `up`; `sees` waits until its journal shows something, and fails when the run ends before. */
async function begin(cli: Cli) {
  const before = runsOf(cli.home);
  const { ended, kill } = cli.start(['up', '--lab', '--yes']);
  const sees = async (what: string, holds: (entries: readonly JournalEntry[]) => boolean): Promise<void> => {
    const shows = async (): Promise<boolean> => {
      const run = runsOf(cli.home).find(name => !before.includes(name));
      return run !== undefined && holds(await journalOf(cli.home, run));
    };
    const tooSoon = ended.then(async ({ stderr }) => {
      if (!(await shows())) throw new Error(`up ended before ${what}:\n${stderr}`);
    });
    await Promise.race([eventually(what, shows, 10 * 60_000), tooSoon]);
  };
  const interrupt = (): Promise<Ended> => {
    kill('SIGINT');
    return ended;
  };
  return { ended, sees, interrupt };
}

function stepsBegun(entries: readonly JournalEntry[], step: string, target?: string): number {
  return countOf(entries, 'step.started', step, target);
}

function stepsDone(entries: readonly JournalEntry[], step: string): number {
  return countOf(entries, 'step.done', step);
}

function countOf(
  entries: readonly JournalEntry[],
  type: 'step.started' | 'step.done',
  step: string,
  target?: string,
): number {
  return entries.filter(
    entry => entry.type === type && entry.step === step && (target === undefined || entry.target === target),
  ).length;
}

/** The power goes once, when the cluster is made and its network is to come, however busy this computer is. */
const dieBeforeTheNetwork = `cat > /usr/local/bin/kubectl <<'end'
#!/bin/sh
case " $* " in
  *" apply "*) rm "$0"; systemctl poweroff -ff ;;
  *) exec /usr/bin/kubectl "$@" ;;
esac
end
chmod +x /usr/local/bin/kubectl`;

async function isDead(id: string): Promise<boolean> {
  return (await processesOfMachine(id)).size === 0;
}

/** As a region does by itself every few minutes, so that it knows. */
async function askForPower(cli: Cli, id: string): Promise<void> {
  const { stdout } = await cli.run(['lab', 'env']);
  const [url = '', apiKey = ''] = [...stdout.matchAll(/=(.*)/g)].map(([, value]) => value);
  await eventually('MAAS knows that the power is off', async () => {
    const headers = { authorization: authorization(parseApiKey(apiKey), Date.now()) };
    const answer = await fetch(`${url}/api/2.0/machines/${id}/?op=query_power_state`, { headers });
    return ((await answer.json()) as { state: string }).state === 'off';
  });
}

async function inNetwork(id: string, command: readonly string[], input?: string): Promise<string> {
  const args = [`--net=${namespacePath(id)}`, ...command];
  const { stdout } = await execa('nsenter', args, input === undefined ? {} : { input });
  return stdout;
}

/** What the host sends to the lab's mirror is lost, as when a cable is cut. */
async function silenceMirror(id: string): Promise<void> {
  const rules =
    'table inet silence {\n chain out {\n  type filter hook output priority 0;\n  tcp dport 3142 counter drop\n }\n}\n';
  await inNetwork(id, ['nft', '-f', '-'], rules);
}

async function lostPackets(id: string): Promise<boolean> {
  const rules = await inNetwork(id, ['nft', 'list', 'table', 'inet', 'silence']);
  return Number(/packets (\d+)/.exec(rules)?.[1]) >= 4;
}

/** Of the node with this name; undefined where Kubernetes knows none. */
async function isReady(cli: Cli, node: string): Promise<boolean | undefined> {
  const client = createKubernetesClient(
    await readFile(path.join(cli.home, 'clusters/lab/kubeconfig'), 'utf8'),
  );
  const nodes = await client.nodes().finally(() => client.close());
  return nodes.find(({ name }) => name === node)?.ready;
}
