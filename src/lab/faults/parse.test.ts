import { expect, test } from 'vitest';
import { ColdstartError } from '../../core/errors.ts';
import { faultText } from './fault.ts';
import { parseFault, parseScenario } from './parse.ts';

test.each([
  'slow',
  'deployment-fails,machine=node-02,times=1',
  'server-error,times=2,after=3,method=POST,path=machines/*/?op=deploy',
  'power-on-fails,chance=0.25',
])('%s is read, and written the same', text => {
  expect(faultText(parseFault(text))).toBe(text);
});

test.each([
  ['nonsense', 'kind must be one of connection-refused'],
  ['deployment-fail', 'did you mean deployment-fails?'],
  ['slow,tims=3', 'tims unknown key, did you mean times?'],
  ['slow,times=often', 'times'],
  ['slow,times=0', 'times must be 1 or more'],
  ['slow,machine', 'machine should look like name=value'],
  ['slow,seconds=3', 'seconds means nothing for slow'],
  ['', 'kind must be one of'],
])('%s is refused', (text, message) => {
  expect(() => parseFault(text)).toThrow(message);
});

test('a scenario is a seed and a list', () => {
  const text =
    'seed: monday\nfaults:\n  - kind: slow\n    chance: 0.1\n  - kind: conflict-retry\n    times: 2\n';
  expect(parseScenario(text, 'bad-day.yaml')).toEqual({
    seed: 'monday',
    faults: [
      { kind: 'slow', chance: 0.1 },
      { kind: 'conflict-retry', times: 2 },
    ],
  });
});

test('everything that is wrong with a scenario is named with its place', () => {
  const text = 'faults:\n  - kind: slw\n  - kind: slow\n    chance: 3\n    machin: node-01\n';
  let problem: unknown;
  try {
    parseScenario(text, 'bad-day.yaml');
  } catch (error) {
    problem = error;
  }
  expect(problem).toBeInstanceOf(ColdstartError);
  const { message } = problem as ColdstartError;
  expect(message).toContain('bad-day.yaml:2:11: faults.0.kind: must be one of');
  expect(message).toContain('bad-day.yaml:4:13: faults.1.chance: must be from 0 to 1');
  expect(message).toContain('bad-day.yaml:5:5: faults.1.machin: unknown key, did you mean machine?');
});
