import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Sight } from '../engine/step.ts';
import type { Machine } from '../maas/machine.ts';
import { annotationKeys } from '../plan/facts.ts';
import { garage, workerLike } from '../plan/machine.fixture.ts';
import { fingerprint, hostKey } from '../ssh/identity.ts';
import { createAccess } from './access.ts';
import { createFactStore } from './fact-store.ts';

/** An `ssh` that says what the file of its address says, and comes through when there is an empty one. */
const program = `#!/bin/sh
for word; do case $word in *@*) address=\${word#*@}; break;; esac; done
[ -e "$ADDRESSES/$address" ] || { echo "ssh: connect to host $address port 22: No route to host" >&2; exit 255; }
[ ! -s "$ADDRESSES/$address" ] || { cat "$ADDRESSES/$address" >&2; exit 255; }
`;

let dir: string;
let keys: Record<'node-02' | 'node-03', string>;

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'coldstart-access-'));
  await mkdir(path.join(dir, 'bin'));
  await mkdir(path.join(dir, 'addresses'));
  await writeFile(path.join(dir, 'bin/ssh'), program);
  await chmod(path.join(dir, 'bin/ssh'), 0o755);
  const of = async (name: string) => fingerprint((await hostKey(dir, workerLike(name).id)).publicKey);
  keys = { 'node-02': await of('node-02'), 'node-03': await of('node-03') };
});
afterEach(() => rm(dir, { recursive: true }));

/** Whoever is there: the machine itself for an empty text. */
function putAt(address: string, says = ''): Promise<void> {
  return writeFile(path.join(dir, 'addresses', address), says);
}

function worker(name: 'node-02' | 'node-03', more: Partial<Machine> = {}): Machine {
  const annotations = { [annotationKeys.cluster]: 'garage', [annotationKeys.identity]: keys[name] };
  return workerLike(name, { annotations, ...more });
}

/** `maas` is what MAAS says from now on; time passes only when it is told to. */
function open(known: Partial<Machine> = {}) {
  const machine = worker('node-02', known);
  const other = worker('node-03', { address: '10.0.0.3' });
  const machines = new Map([machine, other].map(each => [each.id, each]));
  const store = createFactStore({ user: 'me', machines, kubernetes: { state: 'none' } });
  const lab = { maas: machine, looks: 0, now: 0 };
  const access = createAccess({
    config: garage,
    clusterDir: dir,
    controlDir: undefined,
    keyFile: path.join(dir, 'key'),
    env: { PATH: `${path.join(dir, 'bin')}:${process.env['PATH']}`, ADDRESSES: path.join(dir, 'addresses') },
    store,
    machines: {
      async look() {
        lab.looks += 1;
        store.learnMachine(lab.maas);
        return lab.maas;
      },
    },
    intent: 'up',
    patience: 1,
    clock: { now: () => lab.now, sleep: async () => undefined },
    signal: new AbortController().signal,
  });
  const look = async (afterMs = 0): Promise<Sight> => {
    lab.now += afterMs;
    return access.look(machine.id);
  };
  return { lab, look };
}

test('a machine that answers costs no request', async () => {
  await putAt('10.0.0.2');
  const { lab, look } = open();
  expect(await look()).toMatchObject({ done: true });
  expect(lab.looks).toBe(0);
});

test('an address that appears late is waited for', async () => {
  await putAt('10.0.0.2');
  const { lab, look } = open({ address: undefined });
  expect(await look()).toMatchObject({ done: false, seen: 'MAAS shows no address yet' });
  lab.maas = worker('node-02');
  expect(await look()).toMatchObject({ done: true });
});

test('one that is silent for long is looked for at the address that MAAS says then', async () => {
  await putAt('10.0.0.9');
  const { lab, look } = open();
  expect(await look()).toMatchObject({ done: false, remedy: expect.stringContaining('10.0.0.2') });
  lab.maas = worker('node-02', { address: '10.0.0.9' });
  expect(await look(20_000)).toMatchObject({ done: false });
  expect(lab.looks).toBe(0);
  expect(await look(10_000)).toMatchObject({ done: true });
  expect(lab.looks).toBe(1);
});

test('MAAS is asked the less the longer it is silent', async () => {
  const { lab, look } = open();
  for (let second = 0; second < 600; second += 5) await look(second === 0 ? 0 : 5_000);
  expect(lab.looks).toBeGreaterThan(3);
  expect(lab.looks).toBeLessThan(7);
});

const stranger = (key: string) =>
  `@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\nThe fingerprint for the ED25519 key sent by the remote host is\n${key}.\nHost key verification failed.\n`;

test('somebody else at its address is refused and named, once MAAS had time to say another one', async () => {
  await putAt('10.0.0.2', stranger(keys['node-03']));
  const { lab, look } = open();
  expect(await look()).toMatchObject({
    done: false,
    seen: expect.stringContaining('somebody else answers at 10.0.0.2'),
  });
  for (let waited = 0; waited < 25_000; waited += 5_000) await look(5_000);
  expect(lab.looks).toBeGreaterThan(3);
  await expect(look(5_000)).rejects.toMatchObject({
    code: 'SSH_HOST_KEY',
    message: 'node-02 (10.0.0.2) cannot be trusted',
    because: expect.stringContaining('it is node-03 that answers there'),
  });
});

test('somebody else at an address that it has left does not matter', async () => {
  await putAt('10.0.0.2', stranger(keys['node-03']));
  await putAt('10.0.0.9');
  const { lab, look } = open();
  await look();
  lab.maas = worker('node-02', { address: '10.0.0.9' });
  expect(await look(500)).toMatchObject({ done: true });
  expect(lab.looks).toBe(1);
});

test('a machine that coldstart did not deploy is refused at once, as the operator knows no key of it', async () => {
  await putAt('10.0.0.2', 'No ED25519 host key is known for 10.0.0.2.\nHost key verification failed.\n');
  const { look } = open({ annotations: { [annotationKeys.cluster]: 'garage' } });
  await expect(look()).rejects.toMatchObject({
    code: 'SSH_HOST_KEY',
    because: 'Host key verification failed.',
  });
});

test('waiting for one that was taken away ends', async () => {
  const { lab, look } = open();
  await look();
  lab.maas = worker('node-02', { status: 'ready', owner: undefined });
  await expect(look(30_000)).rejects.toMatchObject({ code: 'MAAS_WRONG_STATE' });
});
