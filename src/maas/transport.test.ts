import { createServer } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { ColdstartError } from '../core/errors.ts';
import { systemId } from '../core/ids.ts';
import { createMaasClient, type MaasClient, type MaasClientOptions } from './client.ts';
import { outcomeUnknown } from './failure.ts';
import { type Heard, type Reply, type ScriptedServer, startScriptedServer } from './scripted-server.ts';
import type { RequestSeen } from './transport.ts';

const secret = 'tssssssssssssssssssssssssssssecret';
const whoami: Reply = { body: { username: 'joe', is_superuser: false } };
const html = '<!doctype html><html><body>Welcome</body></html>';
const node = systemId('abc123');

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function serve(
  script: (heard: Heard, index: number) => Reply | Promise<Reply>,
): Promise<ScriptedServer> {
  const server = await startScriptedServer(script);
  opened.push(server);
  return server;
}

function clientOf(url: string, options: Partial<MaasClientOptions> = {}): MaasClient {
  const client = createMaasClient({ url, apiKey: `ck:tk:${secret}`, env: {}, clock: impatient, ...options });
  opened.push(client);
  return client;
}

/** Waits a hundredth of what is asked. */
const impatient = {
  now: () => Date.now(),
  sleep: (ms: number) => new Promise<void>(resolve => setTimeout(resolve, ms / 100)),
};

async function failureOf(act: Promise<unknown>): Promise<ColdstartError> {
  const thrown = await act.then(
    () => new Error('it did not fail'),
    (error: unknown) => error,
  );
  if (thrown instanceof ColdstartError) return thrown;
  throw thrown;
}

describe('a request', () => {
  it('carries a fresh nonce at every try, its form in the body, and a slash at the end', async () => {
    const busy = {
      status: 503,
      headers: { 'retry-after': '1' },
      body: 'Unable to connect to any rack controller',
    };
    const server = await serve((_, i) => (i < 2 ? busy : { body: { system_id: 'abc123', status: 9 } }));
    const seen: RequestSeen[] = [];
    const client = clientOf(server.url, { onRequest: one => seen.push(one) });
    await client.deploy(node, { osImage: 'ubuntu/jammy', userData: '#cloud-config\nü: 1\n', comment: 'a&b' });

    const [first, , last] = server.heard;
    expect(server.heard).toHaveLength(3);
    expect(first?.path).toBe('machines/abc123/?op=deploy');
    expect(first?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    const form = new URLSearchParams(last?.body);
    expect(Object.fromEntries(form)).toEqual({
      distro_series: 'ubuntu/jammy',
      user_data: Buffer.from('#cloud-config\nü: 1\n').toString('base64'),
      comment: 'a&b',
    });
    const nonces = server.heard.map(
      ({ headers }) => /oauth_nonce="([^"]+)"/.exec(headers.authorization ?? '')?.[1],
    );
    expect(new Set(nonces).size).toBe(3);
    expect(seen.map(({ status, attempt, retryInMs }) => [status, attempt, retryInMs])).toEqual([
      [503, 1, 1000],
      [503, 2, 1000],
      [200, 3, undefined],
    ]);
  });

  it('encodes long user data without line breaks', async () => {
    const server = await serve(() => ({ body: { system_id: 'abc123', status: 9 } }));
    await clientOf(server.url).deploy(node, { userData: Buffer.alloc(200_000, 7) });
    const sent = new URLSearchParams(server.heard[0]?.body).get('user_data') ?? '';
    expect(sent).toMatch(/^[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(sent, 'base64').equals(Buffer.alloc(200_000, 7))).toBe(true);
  });

  it('without parameters has an empty form, never an empty multipart', async () => {
    const server = await serve(() => ({ body: { system_id: 'abc123', status: 4 } }));
    await clientOf(server.url).release(node);
    expect(server.heard[0]).toMatchObject({ method: 'POST', body: '' });
    expect(server.heard[0]?.headers).toMatchObject({
      'content-type': 'application/x-www-form-urlencoded',
      'content-length': '0',
    });
  });

  it('shares the way with at most three others', async () => {
    const server = await serve(async () => {
      await new Promise(resolve => setTimeout(resolve, 10));
      return whoami;
    });
    const client = clientOf(server.url);
    await Promise.all(Array.from({ length: 20 }, () => client.whoami()));
    expect(server.heard).toHaveLength(20);
    expect(server.mostAtOnce()).toBe(4);
  });
});

const maasText = (status: number, body: string, more: Partial<Reply> = {}): Reply => ({
  status,
  body,
  ...more,
});

describe('an answer that is no success', () => {
  const wrongSecret = `Authorization Error: 'Invalid signature. Expected signature base string: &${secret}'`;
  const auth = { type: 'text/html; charset=utf-8', headers: { 'www-authenticate': 'OAuth realm="OAuth"' } };

  it.each<[string, Reply, string, string]>([
    [
      'unknown consumer',
      maasText(401, 'Authorization Error: Invalid API key.', auth),
      'MAAS_UNAUTHORIZED',
      'first part',
    ],
    [
      'unknown token',
      maasText(401, "Authorization Error: 'Invalid access token: x'", auth),
      'MAAS_UNAUTHORIZED',
      'second part',
    ],
    ['wrong secret', maasText(401, wrongSecret, auth), 'MAAS_UNAUTHORIZED', 'third part'],
    [
      'old clock',
      maasText(401, "Authorization Error: 'Expired timestamp: given 1 and now 9'", auth),
      'MAAS_UNAUTHORIZED',
      'clock',
    ],
    ['no header', maasText(401, 'Forbidden'), 'MAAS_UNAUTHORIZED', 'saw no key'],
    [
      'password wanted',
      maasText(401, html, { type: 'text/html', headers: { 'www-authenticate': 'Basic realm="x"' } }),
      'MAAS_UNAUTHORIZED',
      'in front of MAAS',
    ],
    ['no permission', maasText(403, ''), 'MAAS_FORBIDDEN', '403 without a reason'],
    ['gone', maasText(404, 'No Machine matches the given query.'), 'MAAS_GONE', 'No Machine matches'],
    [
      'no such path',
      maasText(404, 'Unknown API endpoint: /MAAS/api/2.0/x.'),
      'MAAS_NOT_MAAS',
      'Unknown API endpoint',
    ],
    [
      'another web server',
      maasText(404, html, { type: 'text/html' }),
      'MAAS_NOT_MAAS',
      '404 with a web page',
    ],
    [
      'a login page',
      maasText(302, '', { headers: { location: '/MAAS/r/login' } }),
      'MAAS_NOT_MAAS',
      'redirects to /MAAS/r/login',
    ],
    [
      'an old API',
      maasText(410, 'The 1.0 API is no longer available.'),
      'MAAS_NOT_MAAS',
      'no longer available',
    ],
    [
      'a form error',
      { status: 400, body: { zone: ['No such zone(s): nope.'], __all__: ['Sorry.'] } },
      'MAAS_BAD_REQUEST',
      'zone: No such zone(s): nope. Sorry.',
    ],
    ['a sentence', maasText(400, 'Bad Request'), 'MAAS_BAD_REQUEST', 'MAAS says: Bad Request'],
    [
      'wrong state',
      maasText(409, "Can't deploy a machine that is in the 'Deployed' state"),
      'MAAS_WRONG_STATE',
      "the 'Deployed' state",
    ],
    [
      'busy database',
      maasText(409, html, { type: 'text/html', headers: { 'retry-after': '5' } }),
      'MAAS_CONFLICT',
      'too busy',
    ],
    [
      'no rack',
      maasText(503, 'Unable to connect to any rack controller'),
      'MAAS_NO_RACK',
      'any rack controller',
    ],
    [
      'rack too slow',
      maasText(504, 'timed out', { headers: { 'retry-after': '10' } }),
      'MAAS_NO_RACK',
      'timed out',
    ],
    [
      'no addresses left',
      maasText(503, 'No more IPs available in subnet: 10.0.0.0/24.'),
      'MAAS_SERVER_ERROR',
      'No more IPs',
    ],
    [
      'region down behind nginx',
      maasText(502, html, { type: 'text/html' }),
      'MAAS_UNREACHABLE',
      'answers 502',
    ],
    [
      'a crash',
      maasText(500, "'dict' object has no attribute 'lists'"),
      'MAAS_SERVER_ERROR',
      "'dict' object",
    ],
    ['HTML instead of JSON', { body: html, type: 'text/html' }, 'MAAS_NOT_MAAS', 'a web page'],
    ['text instead of JSON', { body: 'hello' }, 'MAAS_NOT_MAAS', 'text/plain instead of JSON'],
    [
      'half a document',
      { body: '{"username": "jo', type: 'application/json' },
      'MAAS_NOT_MAAS',
      '16 bytes is not whole JSON',
    ],
    ['other JSON', { body: { hello: 'world' } }, 'MAAS_NOT_MAAS', 'username'],
    ['a proxy that wants a password', maasText(407, ''), 'MAAS_UNREACHABLE', 'user name and password'],
  ])('%s', async (_, reply, code, because) => {
    const server = await serve(() => reply);
    const error = await failureOf(clientOf(server.url).whoami());
    expect(error.code).toBe(code);
    expect(error.because).toContain(because);
    expect(JSON.stringify([error.message, error.because, error.hint, error.data, error.stack])).not.toContain(
      secret,
    );
    expect(outcomeUnknown(error)).toBe(false);
  });

  it.each<[string, Reply, number]>([
    [
      '409 of a busy database',
      maasText(409, html, { type: 'text/html', headers: { 'retry-after': '0' } }),
      5,
    ],
    ['503 with a time', maasText(503, 'x', { headers: { 'retry-after': '0' } }), 5],
    ['503 of a power problem', maasText(503, 'Power action already in progress'), 1],
    ['409 of a wrong state', maasText(409, 'No.'), 1],
    ['500', maasText(500, 'No.'), 1],
    ['403', maasText(400, 'No.'), 1],
    ['broken connection', { cut: 'before' }, 1],
    ['half an answer', { body: { system_id: 'abc123', status: 9 }, cut: 'within' }, 1],
  ])('a change after %s is sent %#: %s', async (_, reply, times) => {
    const server = await serve(({ method }) => (method === 'POST' ? reply : { status: 500 }));
    await failureOf(clientOf(server.url).deploy(node));
    expect(server.heard.filter(({ method }) => method === 'POST')).toHaveLength(times);
  });

  it.each<[string, Reply, boolean]>([
    ['a broken connection', { cut: 'before' }, true],
    ['half an answer', { body: { system_id: 'abc123', status: 9 }, cut: 'within' }, true],
    ['a crash', maasText(500, 'boom'), true],
    ['a page of nginx', maasText(504, html, { type: 'text/html' }), true],
    ['junk', { body: 'junk', type: 'application/json' }, true],
    ['no rack', maasText(503, 'no rack'), false],
    ['a wrong state', maasText(409, 'no'), false],
    ['a wrong value', maasText(400, 'no'), false],
  ])('a change that ends in %s may have happened: %#', async (_, reply, unknown) => {
    const server = await serve(({ method }) => (method === 'POST' ? reply : { status: 500 }));
    const error = await failureOf(clientOf(server.url).deploy(node));
    expect(outcomeUnknown(error)).toBe(unknown);
    expect(error.because?.includes('is not known')).toBe(unknown);
  });
});

describe('a connection', () => {
  it.each<[string, Reply]>([
    ['broken before the answer', { cut: 'before' }],
    ['broken within the answer', { body: { username: 'joe', is_superuser: false }, cut: 'within' }],
    ['with a nonce used up by a proxy', maasText(401, "Authorization Error: 'Nonce already used: 1'")],
    ['to a region that starts', maasText(502, html, { type: 'text/html' })],
  ])('%s is tried again for a read', async (_, reply) => {
    const server = await serve((__, i) => (i < 2 ? reply : whoami));
    expect(await clientOf(server.url).whoami()).toEqual({ name: 'joe', admin: false });
    expect(server.heard).toHaveLength(3);
  });

  it('that is refused is tried again, also for a change, and then named', async () => {
    const server = await startScriptedServer(() => whoami);
    await server.close();
    const { url } = server;
    const seen: RequestSeen[] = [];
    const error = await failureOf(clientOf(url, { onRequest: one => seen.push(one) }).release(node));
    expect(error.code).toBe('MAAS_UNREACHABLE');
    expect(error.message).toBe(`could not reach MAAS at ${url} to release machine abc123`);
    expect(error.because).toContain('ECONNREFUSED');
    expect(outcomeUnknown(error)).toBe(false);
    expect(seen).toHaveLength(4);
  });

  it('to something that is not HTTP is named', async () => {
    const server = createTcpServer(socket => socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    opened.push(server);
    const { port } = server.address() as AddressInfo;
    const error = await failureOf(clientOf(`http://127.0.0.1:${port}`).version());
    expect(error.code).toBe('MAAS_NOT_MAAS');
    expect(error.because).toContain('not HTTP');
  });

  it('over TLS to a plain port is named, with something to try', async () => {
    const server = await serve(() => whoami);
    const error = await failureOf(clientOf(`https://127.0.0.1:${server.port}`).version());
    expect(error.code).toBe('MAAS_UNREACHABLE');
    expect(error.hint).toContain('http://');
  });

  it('without an answer ends in time', async () => {
    const server = await serve(() => ({ hang: true }));
    const error = await failureOf(clientOf(server.url, { timeouts: { callMs: 50 } }).release(node));
    expect(error.code).toBe('MAAS_UNREACHABLE');
    expect(error.because).toContain('no answer within 0.05 s');
    expect(outcomeUnknown(error)).toBe(true);
  });

  it('is given up at once when the caller stops, waiting for its turn included', async () => {
    const server = await serve(() => ({ hang: true }));
    const client = clientOf(server.url);
    const stop = new AbortController();
    const reason = new ColdstartError('STOPPED', 'stopped');
    const calls = Array.from({ length: 6 }, () => failureOf(client.whoami({ signal: stop.signal })));
    await expect.poll(() => server.heard.length).toBe(4);
    stop.abort(reason);
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 6 }, () => reason));
  });
});

describe('an HTTP proxy', () => {
  it('gets the whole URL of a plain region, and its own password', async () => {
    const proxy = await serve(() => whoami);
    const env = { http_proxy: `http://bob:p%40ss@127.0.0.1:${proxy.port}` };
    await clientOf('http://maas.invalid:5240', { env }).whoami();
    expect(proxy.heard[0]?.path).toBe('http://maas.invalid:5240users/?op=whoami');
    expect(proxy.heard[0]?.headers).toMatchObject({
      host: 'maas.invalid:5240',
      'proxy-authorization': `Basic ${Buffer.from('bob:p@ss').toString('base64')}`,
    });
  });

  it('is asked for a tunnel to an https region', async () => {
    const plain = await serve(() => whoami);
    const asked: string[] = [];
    const proxy = createServer().on('connect', (request, socket) => {
      asked.push(request.url ?? '');
      const onward = connect(plain.port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      socket
        .on('error', () => onward.destroy())
        .pipe(onward.on('error', () => socket.destroy()))
        .pipe(socket);
    });
    await new Promise<void>(resolve => proxy.listen(0, '127.0.0.1', resolve));
    opened.push(proxy);
    const { port } = proxy.address() as AddressInfo;
    const client = clientOf('https://maas.invalid:5443', { proxy: `http://127.0.0.1:${port}` });
    // The other end of the tunnel speaks plain HTTP, so the handshake fails: after the tunnel, which is the point.
    const error = await failureOf(client.whoami());
    expect(asked[0]).toBe('maas.invalid:5443');
    expect(error.code).toBe('MAAS_UNREACHABLE');
  });
});
