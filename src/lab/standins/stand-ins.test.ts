import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemId } from '../../core/ids.ts';
import { openStandIns, type StandIns, type SystemFault } from './stand-ins.ts';

const machine = {
  id: systemId('abc123'),
  hostname: 'node-01',
  mac: '52:54:00:00:00:01',
  address: '10.99.1.1',
};
const userData = `#cloud-config\n${JSON.stringify({
  ssh_keys: { ed25519_public: 'ssh-ed25519 HOSTKEY abc123' },
  ssh_authorized_keys: ['ssh-ed25519 LOGINKEY coldstart'],
})}\n`;

let folder: string;
let standIns: StandIns;
const struck = new Set<SystemFault>();

beforeEach(async () => {
  struck.clear();
  folder = await mkdtemp(path.join(os.tmpdir(), 'coldstart-standins-'));
  standIns = await openStandIns({
    stateDir: folder,
    seed: 's',
    timeScale: 1000,
    strikes: kind => struck.has(kind),
    log: () => {},
  });
  await writeFile(path.join(folder, 'known_hosts'), 'abc123 ssh-ed25519 HOSTKEY\nother ssh-ed25519 OTHER\n');
  await writeFile(path.join(folder, 'id.pub'), 'ssh-ed25519 LOGINKEY coldstart\n');
});
afterEach(async () => {
  await standIns.close();
  await rm(folder, { recursive: true, force: true });
});

function boot(report?: (name: string) => void): void {
  standIns.systems.installed(machine, {
    image: 'debian/bookworm',
    userData,
    metadataUrl: '',
    reportUrl: '',
    token: { consumerKey: '', tokenKey: '', tokenSecret: '' },
  });
  standIns.systems.started(machine.id, report);
}

/** The real program, started as coldstart starts it. */
function start(program: string, args: readonly string[]) {
  return execa(path.join(standIns.programs.folder, program), args, {
    env: { COLDSTART_LAB_GATE: standIns.programs.gate },
    reject: false,
  });
}

function ssh({ alias = 'abc123', user = 'debian', key = 'id' } = {}) {
  const options = {
    HostKeyAlias: alias,
    UserKnownHostsFile: path.join(folder, 'known_hosts'),
    IdentityFile: path.join(folder, key),
  };
  const words = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const command = 'sudo -n true || exit 97; cloud-init status --wait >/dev/null 2>&1; exit 0';
  return start('ssh', [...words, `${user}@10.99.1.1`, command]);
}

test('cloud-init reports its stages, once for each installation', async () => {
  const heard: string[] = [];
  boot(name => heard.push(name));
  expect(await ssh()).toMatchObject({ exitCode: 0 });
  const stages = ['modules-config/config-apt-configure', 'modules-final/config-scripts-user'];
  expect(heard).toEqual(stages);
  standIns.systems.stopped(machine.id);
  standIns.systems.started(machine.id, name => heard.push(name));
  expect(await ssh()).toMatchObject({ exitCode: 0 });
  expect(heard).toEqual(stages);
});

describe('ssh', () => {
  test('is refused before the system has started, and after the power is cut', async () => {
    expect(await ssh()).toMatchObject({
      exitCode: 255,
      stderr: expect.stringContaining('Connection refused'),
    });
    boot();
    expect(await ssh()).toMatchObject({ exitCode: 0, stdout: '', stderr: '' });
    standIns.systems.stopped(machine.id);
    expect((await ssh()).exitCode).toBe(255);
  });

  test.each([
    [{ alias: 'other' }, 'REMOTE HOST IDENTIFICATION HAS CHANGED'],
    [{ alias: 'nobody' }, 'Host key verification failed'],
    [{ user: 'root' }, 'Permission denied (publickey)'],
    [{ key: 'missing' }, 'Permission denied (publickey)'],
  ])('with %o says: %s', async (how, said) => {
    boot();
    expect(await ssh(how)).toMatchObject({ exitCode: 255, stderr: expect.stringContaining(said) });
  });

  test('ends with the status of the command where sudo asks for a password', async () => {
    boot();
    struck.add('no-sudo');
    expect((await ssh()).exitCode).toBe(97);
  });

  test('shows another host key where a fault says so, and its fingerprint as OpenSSH does', async () => {
    boot();
    struck.add('host-key-differs');
    const { exitCode, stderr } = await ssh();
    expect(exitCode).toBe(255);
    expect(stderr).toMatch(/HAS CHANGED!.*\nThe fingerprint for .* is\nSHA256:[\w+/]{43}\.\nHost key/);
  });

  test('needs the password of the gate', async () => {
    boot();
    const [port] = (await execa('cat', [standIns.programs.gate])).stdout.split(' ');
    await writeFile(standIns.programs.gate, `${port} ${'0'.repeat(32)}\n`);
    expect(await ssh()).toMatchObject({ exitCode: 255, stderr: 'ssh: the lab does not answer' });
  });
});

describe('ansible-playbook', () => {
  const play = async (playbook: string): Promise<Record<string, unknown>[]> => {
    const common = `-o HostKeyAlias=abc123 -o UserKnownHostsFile=${folder}/known_hosts -o IdentityFile=${folder}/id`;
    const host = { ansible_host: '10.99.1.1', ansible_user: 'debian', ansible_ssh_common_args: common };
    const vars = { first_control_plane: 'node-01', kubernetes_version: '1.36' };
    const all = {
      vars,
      hosts: { 'node-01': host },
      children: { control_plane: { hosts: { 'node-01': {} } } },
    };
    await writeFile(path.join(folder, 'inventory.yaml'), JSON.stringify({ all }));
    const { stdout } = await start('ansible-playbook', [
      '-i',
      path.join(folder, 'inventory.yaml'),
      '--limit',
      'node-01',
      `/anywhere/${playbook}`,
    ]);
    return stdout.split('\n').map(line => JSON.parse(line) as Record<string, unknown>);
  };
  const statsOf = (events: Record<string, unknown>[]) =>
    (events.find(({ event }) => event === 'stats')?.['hosts'] as Record<string, unknown> | undefined)?.[
      'node-01'
    ];

  test('prepares a machine once', async () => {
    boot();
    const first = await play('prepare.yml');
    expect(first.at(-1)).toEqual({ event: 'end', complete: true });
    expect(statsOf(first)).toMatchObject({ ok: 4, changed: 4, failures: 0 });
    expect(statsOf(await play('prepare.yml'))).toMatchObject({ ok: 4, changed: 0 });
  });

  test('cannot make a cluster of a machine that is not prepared', async () => {
    boot();
    const events = await play('cluster.yml');
    expect(statsOf(events)).toMatchObject({ failures: 1 });
    expect(events.find(({ status }) => status === 'failed')).toMatchObject({
      message: 'kubeadm: command not found',
    });
  });

  test('loses a machine that reboots, which comes back by itself', async () => {
    boot();
    struck.add('reboots');
    expect(statsOf(await play('prepare.yml'))).toMatchObject({ unreachable: 1 });
    struck.clear();
    await expect.poll(async () => (await ssh()).exitCode).toBe(0);
    expect(statsOf(await play('prepare.yml'))).toMatchObject({ ok: 4, unreachable: 0 });
  });

  test('cannot reach a machine that is off', async () => {
    expect(statsOf(await play('prepare.yml'))).toMatchObject({ unreachable: 1, ok: 0 });
  });
});
