import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeImageArchive } from '../../lab/kubernetes/image-archive.ts';
import { ImageStore } from '../../lab/mirror/image-store.ts';
import { serveRegistry } from './registry.ts';

let dir: string;
let base: string;
let server: http.Server;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'coldstart-registry-'));
  const archive = join(dir, 'hello.tar');
  await writeImageArchive(archive, ['registry.example/tools/hello:v1'], async tree => {
    await tree.text('hello', '/hello');
    return { Cmd: ['/hello'] };
  });
  const store = new ImageStore(join(dir, 'store'));
  await store.import(archive);
  server = http.createServer((request, response) => {
    void serveRegistry(request, response, new URL(request.url ?? '', 'http://registry'), store);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/`;
});

afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true });
});

interface Manifest {
  config: { digest: string; size: number };
  layers: { digest: string; size: number; mediaType: string }[];
}

describe('the registry', () => {
  test('says that it is one', async () => expect((await fetch(base)).status).toBe(200));

  test('gives a manifest by tag, by digest, and its digest alone', async () => {
    const byTag = await fetch(`${base}tools/hello/manifests/v1?ns=registry.example`);
    const body = await byTag.text();
    const digest = byTag.headers.get('docker-content-digest') ?? '';
    expect(digest).toBe(`sha256:${createHash('sha256').update(body).digest('hex')}`);
    expect(byTag.headers.get('content-type')).toBe('application/vnd.oci.image.manifest.v1+json');
    expect(await (await fetch(`${base}tools/hello/manifests/${digest}`)).text()).toBe(body);
    const head = await fetch(`${base}tools/hello/manifests/v1`, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(body.length)]);
  });

  test('gives every blob of a manifest, whole and in part', async () => {
    const manifest = (await (await fetch(`${base}tools/hello/manifests/v1`)).json()) as Manifest;
    for (const { digest, size } of [manifest.config, ...manifest.layers]) {
      const whole = Buffer.from(await (await fetch(`${base}tools/hello/blobs/${digest}`)).arrayBuffer());
      expect(whole).toHaveLength(size);
      expect(`sha256:${createHash('sha256').update(whole).digest('hex')}`).toBe(digest);
      const part = await fetch(`${base}tools/hello/blobs/${digest}`, { headers: { range: 'bytes=5-9' } });
      expect([part.status, Buffer.from(await part.arrayBuffer())]).toEqual([206, whole.subarray(5, 10)]);
    }
  });

  test('lists tags', async () =>
    expect(await (await fetch(`${base}tools/hello/tags/list`)).json()).toEqual({
      name: 'tools/hello',
      tags: ['v1'],
    }));

  test.each([
    ['tools/hello/manifests/v2', 404, 'MANIFEST_UNKNOWN'],
    ['tools/hello/blobs/sha256:00', 404, 'BLOB_UNKNOWN'],
    ['tools/other/tags/list', 404, 'NAME_UNKNOWN'],
    ['tools/hello/nothing/v1', 404, 'NAME_UNKNOWN'],
  ])('answers %s with %d %s', async (path, status, code) => {
    const response = await fetch(base + path);
    expect([response.status, await response.json()]).toMatchObject([status, { errors: [{ code }] }]);
  });

  test('takes nothing', async () =>
    expect((await fetch(`${base}tools/hello/blobs/uploads/`, { method: 'POST' })).status).toBe(405));
});

test('an archive that holds no images is refused', async () => {
  const store = new ImageStore(join(dir, 'other'));
  await expect(store.import(join(dir, 'store', 'archives'))).rejects.toMatchObject({ code: 'LAB_FAILED' });
});
