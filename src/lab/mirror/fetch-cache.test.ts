import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FetchCache, isImmutable } from './fetch-cache.ts';

interface Outside {
  body: string;
  date: string;
  status: number;
  requests: http.IncomingMessage[];
}

let outside: Outside;
let server: http.Server;
let base: string;
let dir: string;

beforeEach(async () => {
  outside = { body: 'first', date: new Date(1e12).toUTCString(), status: 200, requests: [] };
  server = http.createServer((request, response) => {
    outside.requests.push(request);
    if (request.url === '/moved') response.writeHead(302, { location: '/there' }).end();
    else response.writeHead(outside.status, { 'last-modified': outside.date }).end(outside.body);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  dir = await mkdtemp(join(tmpdir(), 'coldstart-cache-'));
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true });
});

const text = async (cache: FetchCache, path: string) => readFile((await cache.get(base + path)).path, 'utf8');

describe('the cache of files from outside', () => {
  test('fetches a package once, also for several hosts at once', async () => {
    const cache = new FetchCache(dir);
    await Promise.all([1, 2, 3].map(() => text(cache, '/pool/a.deb')));
    expect(await text(new FetchCache(dir), '/pool/a.deb')).toBe('first');
    expect(outside.requests).toHaveLength(1);
  });

  test('keeps the old date when a mirror that never answers 304 sends the same again', async () => {
    const cache = new FetchCache(dir);
    const before = await cache.get(`${base}/dists/InRelease`);
    outside.date = new Date(2e12).toUTCString();
    const after = await cache.get(`${base}/dists/InRelease`);
    expect(after.lastModified).toBe(before.lastModified);
    expect(outside.requests[1]?.headers['if-modified-since']).toBe(before.lastModified);
  });

  test('takes what is new', async () => {
    const cache = new FetchCache(dir);
    await text(cache, '/dists/InRelease');
    outside.body = 'second';
    expect(await text(cache, '/dists/InRelease')).toBe('second');
  });

  test('serves what it has when the mirror fails', async () => {
    const cache = new FetchCache(dir);
    await text(cache, '/dists/InRelease');
    outside.status = 503;
    // The status of a file that it does not have is passed on.
    await expect(cache.get(`${base}/other`)).rejects.toMatchObject({ status: 503 });
    server.closeAllConnections();
    server.close();
    expect(await text(cache, '/dists/InRelease')).toBe('first');
  });

  test('passes on that there is no such file', async () => {
    outside.status = 404;
    await expect(new FetchCache(dir).get(`${base}/none`)).rejects.toMatchObject({ status: 404 });
  });

  test('follows redirections', async () => expect(await text(new FetchCache(dir), '/moved')).toBe('first'));
});

test.each([
  ['http://m.example/debian/pool/main/a/a_1.deb', true],
  ['http://m.example/debian/dists/x/main/by-hash/SHA256/00', true],
  ['http://m.example/debian/dists/x/InRelease', false],
])('%s never changes: %s', (url, expected) => expect(isImmutable(url)).toBe(expected));
