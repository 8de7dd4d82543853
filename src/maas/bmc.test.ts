import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { bmcAddressesOf } from './bmc.ts';

test('of the power settings nothing is kept but the address', () => {
  const answer = {
    aaaaaa: { power_address: '192.168.20.11', power_user: 'maas', power_pass: 'hunter2', k_g: 'hunter3' },
    bbbbbb: { power_address: '', power_pass: 'hunter2' },
    cccccc: { power_uri: 'http://plug.home.arpa' },
    dddddd: {},
  };
  expect([...bmcAddressesOf(answer)]).toEqual([['aaaaaa', '192.168.20.11']]);
});

test('an answer that is something else is not quoted', () => {
  const error = caught(() => bmcAddressesOf({ aaaaaa: 'hunter2' }));
  expect(error).toMatchObject({ code: 'MAAS_NOT_MAAS' });
  expect(inspect(error, { depth: null })).not.toContain('hunter2');
});

function caught(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}
