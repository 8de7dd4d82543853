import { describe, expect, it } from 'vitest';
import { parseVersion, requireAnsible } from './version.ts';

describe('the version of ansible', () => {
  it.each([
    ['ansible-playbook [core 2.14.18]\n  config file = None', { text: '2.14.18', major: 2, minor: 14 }],
    ['ansible-playbook [core 2.20.0rc1]', { text: '2.20.0rc1', major: 2, minor: 20 }],
  ])('is read from %j', (output, version) => {
    expect(parseVersion(output)).toEqual(version);
  });

  it('is not that of an ansible before ansible-core', () => {
    expect(() => parseVersion('ansible-playbook 2.9.6')).toThrow(/not of ansible-core/);
  });

  it('is an error with a hint when there is none', async () => {
    await expect(requireAnsible('/nowhere')).rejects.toMatchObject({
      code: 'ANSIBLE_MISSING',
      hint: expect.stringContaining('ansible-core 2.14'),
    });
  });
});
