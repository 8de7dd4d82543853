import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { getBody, nextPlace } from './http.ts';

async function download(url: string, env: Record<string, string>, signal?: AbortSignal): Promise<string> {
  return (await getBody(url, { env, signal })).toString();
}

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('follows redirects', async () => {
  const url = await serve((request, response) => {
    if (request.url === '/b') response.end('kind: Shelf');
    else response.writeHead(302, { location: '/b' }).end();
  });
  expect(await download(`${url}/a`, {})).toBe('kind: Shelf');
});

test('gives up on a circle, and on a status', async () => {
  const circle = await serve((_request, response) => response.writeHead(302, { location: '/' }).end());
  await expect(download(circle, {})).rejects.toThrow('too many redirections');
  const missing = await serve((_request, response) => response.writeHead(404).end());
  await expect(download(missing, {})).rejects.toThrow('status 404');
});

test('goes through the proxy that the environment names, unless NO_PROXY says otherwise', async () => {
  const asked: string[] = [];
  const proxy = await serve((request, response) => {
    asked.push(request.url ?? '');
    response.end('by the proxy');
  });
  const env = { HTTP_PROXY: proxy };
  expect(await download('http://charts.example.org/a.yaml', env)).toBe('by the proxy');
  expect(asked).toEqual(['http://charts.example.org/a.yaml']);
  const excepted = download('http://charts.invalid/a.yaml', { ...env, NO_PROXY: 'charts.invalid' });
  await expect(excepted).rejects.toThrow(/charts\.invalid/);
  expect(asked.length).toBe(1);
});

test('ends when it is told to', async () => {
  const url = await serve(() => undefined);
  const stop = new AbortController();
  const answer = download(url, {}, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(answer).rejects.toThrow('stopped');
});

test('asks the proxy for a tunnel to a server with TLS', async () => {
  const asked: string[] = [];
  const proxy = await serve(() => undefined);
  servers.at(-1)?.on('connect', (request, socket) => {
    asked.push(request.url ?? '');
    socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
  });
  const answer = download('https://charts.example.org/a.yaml', { HTTPS_PROXY: proxy });
  await expect(answer).rejects.toThrow('refuses to connect: 403');
  expect(asked).toEqual(['charts.example.org:443']);
});

test('a proxy that is given goes before the environment, for http alone', async () => {
  const asked: string[] = [];
  const proxy = await serve((request, response) => response.end(asked.push(request.url ?? '').toString()));
  const env = { HTTP_PROXY: 'http://proxy.invalid:1', HTTPS_PROXY: 'http://proxy.invalid:1' };
  await getBody('http://deb.example.org/Release', { env, proxy });
  expect(asked).toEqual(['http://deb.example.org/Release']);
  await expect(getBody('https://deb.example.org/Release', { env, proxy })).rejects.toThrow('proxy.invalid');
});

test.each([
  ['http://a.example/x', '/y', 'http://a.example/y'],
  ['http://a.example/x', 'https://b.example/y', 'https://b.example/y'],
  ['https://a.example/x', 'https://b.example/y', 'https://b.example/y'],
])('a redirection from %s to %s is followed', (from, to, next) => {
  expect(nextPlace(new URL(from), to).href).toBe(next);
});

test.each([
  ['https://a.example/x', 'http://a.example/y'],
  ['http://a.example/x', 'file:///etc/passwd'],
])('a redirection from %s to %s is not trusted', (from, to) => {
  expect(() => nextPlace(new URL(from), to)).toThrow('not trusted');
});
