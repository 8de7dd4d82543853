import { expect, test } from 'vitest';
import type { Machine } from '../maas/machine.ts';
import { garage, workerLike } from './machine.fixture.ts';
import { lostStanding } from './standing.ts';

const how = { config: garage, user: 'me', intent: 'up', deployed: true } as const;

test('a machine of ours that is Deployed may be worked on', () => {
  expect(lostStanding(workerLike('node-02'), 'what', how)).toBeUndefined();
});

test.each<[string, Partial<Machine>, string, RegExp]>([
  ['is locked', { locked: true }, 'MAAS_LOCKED', /it is locked in MAAS/],
  ['is of another user now', { owner: 'joe' }, 'MAAS_NOT_OURS', /belongs to the MAAS user joe/],
  ['has lost its role tag', { tags: [] }, 'MAAS_NOT_OURS', /carries no role tag/],
  ['was released', { status: 'ready', owner: undefined }, 'MAAS_WRONG_STATE', /it is Ready in MAAS now/],
  ['is being deployed by somebody', { status: 'deploying' }, 'MAAS_WRONG_STATE', /it is Deploying/],
  [
    'was deployed anew with another system',
    { annotations: {}, os: { system: 'ubuntu', series: 'noble' } },
    'MAAS_WRONG_STATE',
    /deployed it anew, with ubuntu\/noble/,
  ],
])('a machine that %s may not', (_, more, code, because) => {
  expect(lostStanding(workerLike('node-02', more), 'prepare.yml failed on node-02', how)).toMatchObject({
    code,
    message: 'prepare.yml failed on node-02',
    because: expect.stringMatching(because),
  });
});

test('before its deployment it is neither Deployed nor noted as ours', () => {
  const allocated = workerLike('node-02', { status: 'allocated', annotations: {} });
  expect(lostStanding(allocated, 'what', { ...how, deployed: false })).toBeUndefined();
  const locked = workerLike('node-02', { status: 'allocated', locked: true });
  expect(lostStanding(locked, 'what', { ...how, deployed: false })).toMatchObject({ code: 'MAAS_LOCKED' });
});
