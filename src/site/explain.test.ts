import { expect, test } from 'vitest';
import { ColdstartError, type ErrorCode } from '../core/errors.ts';
import type { Machine } from '../maas/machine.ts';
import { garage, workerLike } from '../plan/machine.fixture.ts';
import { createExplain } from './explain.ts';

const before = workerLike('node-02');
const noContact = new ColdstartError('SSH_UNREACHABLE', 'prepare.yml failed on node-02', {
  because: 'connection refused',
});

interface Trial {
  now: Machine | ColdstartError;
  step?: string;
  target?: string;
  error?: unknown;
}

async function explained({ now, step = 'prepare.machine', target = 'node-02', error = noContact }: Trial) {
  const looks: string[] = [];
  const explain = createExplain({
    machines: {
      async look(id) {
        looks.push(id);
        if (now instanceof ColdstartError) throw now;
        return now;
      },
    },
    facts: { machine: () => before, kubernetes: () => ({ state: 'none' }) },
    config: garage,
    user: 'me',
    intent: 'up',
    isMachine: id => id === 'node-02',
  });
  return { reason: await explain({ target, step, error }), looks };
}

test.each<[string, Machine | ColdstartError, ErrorCode]>([
  ['locked', workerLike('node-02', { locked: true }), 'MAAS_LOCKED'],
  ['released', workerLike('node-02', { status: 'ready', owner: undefined }), 'MAAS_WRONG_STATE'],
  ['deleted', new ColdstartError('MAAS_GONE', 'node-02 is not in MAAS any more'), 'MAAS_GONE'],
])('that it was %s is the reason, and not that it does not answer', async (_, now, code) => {
  const { reason, looks } = await explained({ now });
  expect(reason).toMatchObject({ code });
  expect(looks).toEqual(['node-02']);
});

test('what MAAS knows besides is told with it', async () => {
  const now = workerLike('node-02', { powerState: 'off', address: '10.0.0.9' });
  const { reason } = await explained({ now });
  expect(reason).toMatchObject({
    code: 'SSH_UNREACHABLE',
    because: 'connection refused; MAAS says that its address is 10.0.0.9 now and it is switched off',
  });
});

test.each<[string, Trial]>([
  ['nothing has changed', { now: before }],
  ['MAAS cannot be asked', { now: new ColdstartError('MAAS_UNREACHABLE', 'could not look') }],
])('the error stays as it is when %s', async (_, trial) => {
  expect((await explained(trial)).reason).toBe(noContact);
});

test.each<[string, Partial<Trial>]>([
  ['errors that MAAS itself gave', { error: new ColdstartError('MACHINE_FAILED', 'did not deploy') }],
  ['bugs', { error: new TypeError('x') }],
  ['add-ons', { target: 'addon/longhorn' }],
])('MAAS is not asked about %s', async (_, trial) => {
  expect((await explained({ now: before, ...trial })).looks).toEqual([]);
});

test('a machine that is not Deployed yet may well have another state', async () => {
  const error = new ColdstartError('TIMED_OUT', 'gave up waiting until node-02 is Deployed');
  const now = workerLike('node-02', { status: 'deploying' });
  expect((await explained({ now, error, step: 'hardware.deploy' })).reason).toBe(error);
});
