import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { download } from './download.ts';

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
  await expect(download(circle, {})).rejects.toThrow('more than 5 redirects');
  const missing = await serve((_request, response) => response.writeHead(404).end());
  await expect(download(missing, {})).rejects.toThrow('answers with status 404');
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
