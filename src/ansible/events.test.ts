import { describe, expect, it } from 'vitest';
import { parseEvent } from './events.ts';

describe('a line of ansible-playbook', () => {
  it.each([
    ['{"event":"start","playbook":"prepare.yml"}', { event: 'start', playbook: 'prepare.yml' }],
    ['{"event":"task","task":"base : Write","uuid":"u"}', { event: 'task', task: 'base : Write', uuid: 'u' }],
    ['{"event":"end"}', { event: 'end', complete: true }],
    ['{"event":"end","complete":false}', { event: 'end', complete: false }],
    [
      '{"event":"retry","host":"a","task":"t","attempt":2,"of":5}',
      { event: 'retry', host: 'a', task: 't', attempt: 2, of: 5 },
    ],
  ])('%s is an event', (line, event) => {
    expect(parseEvent(line)).toEqual(event);
  });

  it('keeps fields that a newer plugin may add', () => {
    expect(parseEvent('{"event":"start","playbook":"p","plays":3}')).toMatchObject({ plays: 3 });
  });

  it.each([
    'No hosts matched',
    '',
    '{',
    '{"event":"other"}',
    '{"event":"host","host":"a"}',
    '{"msg":"x"}',
    '[1]',
  ])('%j is only text', line => {
    expect(parseEvent(line)).toBeUndefined();
  });
});
