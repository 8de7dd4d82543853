import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../core/secret.ts';
import { authorization, parseApiKey } from './oauth.ts';

const text = 'ck2468:tk1357:ts-very-secret';

describe('parseApiKey', () => {
  it('takes the three parts apart and hides the last', () => {
    const key = parseApiKey(` ${text}\n`);
    expect(key.consumerKey).toBe('ck2468');
    expect(key.tokenKey).toBe('tk1357');
    expect(key.tokenSecret.reveal()).toBe('ts-very-secret');
    expect(`${inspect(key)} ${JSON.stringify(key)}`).not.toContain('very-secret');
    expect(parseApiKey(new Secret(text))).toEqual(key);
  });

  it.each([
    ['', 'it is empty'],
    ['abc', 'it has 1 part between colons'],
    ['a:b', 'it has 2 parts between colons'],
    ['a:b:c:d', 'it has 4 parts between colons'],
    ['a::c', 'one of its three parts is empty'],
    ['a:b c:d', 'there is white space in it'],
    ['a:b:schlüssel', 'one of its three parts is empty or has characters that no key has'],
  ])('refuses %j', (key, because) => {
    expect(() => parseApiKey(key, 'maas.key')).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', because: expect.stringContaining(because) }),
    );
  });
});

describe('authorization', () => {
  const key = parseApiKey(text);

  it('is one line with the seven fields, the signature escaped', () => {
    expect(authorization(key, 1_700_000_000_999, 'n1')).toBe(
      'OAuth oauth_version="1.0", oauth_signature_method="PLAINTEXT", oauth_consumer_key="ck2468", ' +
        'oauth_token="tk1357", oauth_signature="%26ts-very-secret", oauth_nonce="n1", oauth_timestamp="1700000000"',
    );
  });

  it('never repeats a nonce', () => {
    const headers = Array.from({ length: 1000 }, () => authorization(key, 0));
    expect(new Set(headers).size).toBe(1000);
  });
});
