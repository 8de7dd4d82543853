import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { authorizationFor, idOf, send, startRegion, type TestRegion, textOf } from './region-fixture.ts';

let lab: TestRegion;
let whoami: string;
const seconds = () => Math.floor(Date.now() / 1000);

beforeAll(async () => {
  lab = await startRegion();
  whoami = `${lab.url}/api/2.0/users/?op=whoami`;
});
afterAll(() => lab.stop());

const ask = (change: Record<string, string>) =>
  send(whoami, { method: 'GET', authorization: authorizationFor(lab.region.apiKey, change) });

describe('a request with a good key', () => {
  test.each([
    ['as MAAS clients sign', {}],
    [
      'with a signature that is not escaped',
      () => ({ oauth_signature: `&${lab.region.apiKey.split(':')[2]}` }),
    ],
    ['without a version', { oauth_version: '' }],
    ['with a realm', { realm: 'x' }],
    ['from the far future', { oauth_timestamp: String(seconds() + 1_000_000) }],
    ['nearly too old', { oauth_timestamp: String(seconds() - 290) }],
  ])('%s is known', async (_, change) => {
    const reply = await ask(typeof change === 'function' ? change() : change);
    expect(reply.json).toMatchObject({ username: 'admin', is_superuser: true });
    expect(reply.headers.get('x-maas-api-hash')).toMatch(/^[0-9a-f]{40}$/);
    expect(reply.text).toContain('\n    "username": "admin"');
  });

  test('may carry the parts in the query', async () => {
    const header = authorizationFor(lab.region.apiKey).replace(/^OAuth /, '');
    const query = new URLSearchParams(
      header.split(', ').map((part): [string, string] => {
        const [name = '', value = ''] = part.split('=');
        return [name, decodeURIComponent(value.replaceAll('"', ''))];
      }),
    );
    expect((await send(`${whoami}&${query.toString()}`, { method: 'GET' })).json).toMatchObject({
      username: 'admin',
    });
  });

  test('may be signed with HMAC-SHA1', async () => {
    const [consumerKey = '', tokenKey = '', secret = ''] = lab.region.apiKey.split(':');
    const parts: [string, string][] = [
      ['oauth_consumer_key', consumerKey],
      ['oauth_nonce', crypto.randomUUID()],
      ['oauth_signature_method', 'HMAC-SHA1'],
      ['oauth_timestamp', String(seconds())],
      ['oauth_token', tokenKey],
      ['op', 'whoami'],
    ];
    const text = parts.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&');
    const base = ['GET', whoami.replace(/\?.*/, ''), text].map(encodeURIComponent).join('&');
    const signature = createHmac('sha1', `&${secret}`).update(base).digest('base64');
    const change = { ...Object.fromEntries(parts.slice(0, 5)), oauth_version: '' };
    const authorization = authorizationFor(lab.region.apiKey, {
      ...change,
      oauth_signature: encodeURIComponent(signature),
    });
    expect((await send(whoami, { method: 'GET', authorization })).json).toMatchObject({ username: 'admin' });
  });
});

describe('a request with a bad key', () => {
  test.each([
    ['an unknown consumer', { oauth_consumer_key: 'x' }, /^Authorization Error: Invalid API key\.$/],
    ['an unknown token', { oauth_token: 'TK' }, /^Authorization Error: 'Invalid access token: TK'$/],
    ['another method', { oauth_signature_method: 'RSA-SHA1' }, /PLAINTEXT, HMAC-SHA1/],
    [
      'an old time',
      { oauth_timestamp: '1000' },
      /Expired timestamp: given 1000 and now \d+ has a greater .* 300'/,
    ],
  ])('%s is 401 in words', async (_, change, words) => {
    const reply = await ask(change);
    expect(reply.status).toBe(401);
    expect(reply.headers.get('www-authenticate')).toBe('OAuth realm="OAuth"');
    expect(reply.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(reply.text).toMatch(words);
  });

  test('a wrong secret is answered with the right one, as the real server does', async () => {
    const reply = await ask({ oauth_signature: '%26wrong' });
    const secret = lab.region.apiKey.split(':')[2];
    expect(reply.text).toBe(
      `Authorization Error: 'Invalid signature. Expected signature base string: &${secret}'`,
    );
  });

  test('a nonce holds once', async () => {
    const once = { oauth_nonce: 'n-1' };
    expect((await ask(once)).status).toBe(200);
    expect(await ask(once)).toMatchObject({
      status: 401,
      text: "Authorization Error: 'Nonce already used: n-1'",
    });
  });
});

describe('a request without a key', () => {
  test.each([
    ['GET', 'version/', 200, /"capabilities"/],
    ['GET', 'describe/', 200, /"handlers"/],
    ['GET', 'users/?op=whoami', 401, /^Forbidden$/],
    ['GET', 'machines/', 400, /^Unrecognised signature: method=GET op=None$/],
    ['POST', 'machines/?op=allocate', 400, /^Unrecognised signature: method=POST op=allocate$/],
    ['GET', 'machines/?op=is_registered&mac_address=52:54:00:00:00:01', 200, /^true$/],
  ])('%s %s → %i', async (method, where, status, words) => {
    const reply = await send(`${lab.url}/api/2.0/${where}`, { method });
    expect(reply.status).toBe(status);
    expect(reply.text).toMatch(words);
  });

  test('the same with a header that lacks a part, or has another scheme', async () => {
    expect(await ask({ oauth_nonce: '' })).toMatchObject({ status: 401, text: 'Forbidden' });
    const authorization = authorizationFor(lab.region.apiKey).replace('OAuth ', 'oauth ');
    expect((await send(whoami, { method: 'GET', authorization })).status).toBe(401);
  });
});

describe('an ordinary user', () => {
  const asJoe = (method: string, where: string, form?: Record<string, string>) =>
    lab.call(method, where, form, 'joe');

  test('may not change what belongs to administrators', async () => {
    const id = idOf((await lab.call('GET', 'machines/')).json[0]);
    for (const [method, where, form] of [
      ['POST', 'tags/', { name: 'x' }],
      ['PUT', `machines/${id}/`, { hostname: 'x' }],
      ['DELETE', `machines/${id}/`, undefined],
      ['GET', `machines/${id}/?op=power_parameters`, undefined],
      ['POST', 'maas/?op=set_config', { name: 'node_timeout', value: '5' }],
    ] as const) {
      expect(await asJoe(method, where, form)).toMatchObject({ status: 403, text: '' });
    }
  });

  test('sees what is free and what is theirs, and gets 403 for what is not', async () => {
    const taken = idOf((await lab.call('POST', 'machines/?op=allocate', {})).json);
    const seen = (await asJoe('GET', 'machines/')).json as unknown as { system_id: string }[];
    expect(seen).toHaveLength(2);
    expect(seen.map(machine => machine.system_id)).not.toContain(taken);
    expect((await asJoe('GET', `machines/${taken}/`)).status).toBe(403);
    expect((await asJoe('POST', `machines/${taken}/?op=release`, {})).status).toBe(403);
    const bulk = await asJoe('POST', 'machines/?op=release', { machines: taken });
    expect(bulk.status).toBe(403);
    expect(bulk.text).toContain(taken);
  });
});

describe('keys and tokens of a user', () => {
  test('are made, listed and taken away', async () => {
    const made = (await lab.call('POST', 'account/?op=create_authorisation_token', { name: 't1' })).json;
    const key = ['consumer_key', 'token_key', 'token_secret'].map(part => textOf(made[part])).join(':');
    expect((await send(whoami, { method: 'GET', apiKey: key })).status).toBe(200);
    const listed = await lab.call('GET', 'account/?op=list_authorisation_tokens');
    expect(listed.json).toContainEqual({ name: 't1', token: key });
    await lab.call('POST', 'account/?op=delete_authorisation_token', {
      token_key: textOf(made['token_key']),
    });
    expect((await send(whoami, { method: 'GET', apiKey: key })).status).toBe(401);
  });

  test('SSH keys are created with 201, once', async () => {
    const key = `ssh-ed25519 ${'A'.repeat(68)} someone`;
    const made = await lab.call('POST', 'account/prefs/sshkeys/', { key });
    expect(made.status).toBe(201);
    expect((await lab.call('POST', 'account/prefs/sshkeys/', { key })).status).toBe(400);
    expect((await lab.call('GET', 'account/prefs/sshkeys/')).json).toHaveLength(1);
    expect((await lab.call('DELETE', `account/prefs/sshkeys/${textOf(made.json['id'])}/`)).status).toBe(204);
  });
});
