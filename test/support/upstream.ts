import { createHash } from 'node:crypto';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { publishRepository } from '../../src/lab/mirror/repository.ts';

/** The world outside, on this computer: a signed package repository, a registry that wants tokens, charts, a manifest. */
export interface Upstream {
  url: string;
  /** Path to answer; tests change them. */
  files: Map<string, Buffer>;
  /** Path and range of every request. */
  requests: { path: string; range: string | undefined }[];
  /** The next answer for this path ends in the middle. */
  cutOff: Set<string>;
  /** Answers for these paths stop in the middle and never end. */
  stalled: Set<string>;
  close(): void;
}

export async function startUpstream(dir: string): Promise<Upstream> {
  const upstream: Upstream = {
    url: '',
    files: new Map(),
    requests: [],
    cutOff: new Set(),
    stalled: new Set(),
    close: () => server.close(),
  };
  const server = http.createServer((request, response) => answer(request, response, upstream));
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  upstream.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  upstream.close = () => {
    server.closeAllConnections();
    server.close();
  };
  await addRepository(upstream, dir);
  await addChart(upstream, dir);
  addImage(upstream, 'library/web', '1', 'the web');
  upstream.files.set(
    '/manifest.yaml',
    Buffer.from('kind: Pod\nspec: { containers: [{ image: registry.invalid/library/web:1 }] }\n'),
  );
  return upstream;
}

/** An index for two architectures, of one layer each. */
export function addImage({ files }: Upstream, repository: string, tag: string, content: string): string {
  const add = (kind: string, body: Buffer, name?: string) => {
    const digest = digestOf(body);
    for (const each of name === undefined ? [digest] : [digest, name])
      files.set(`/v2/${repository}/${kind}/${each}`, body);
    return { digest, size: body.length };
  };
  const manifests = ['amd64', 'arm64'].map(architecture => {
    const config = add('blobs', Buffer.from(JSON.stringify({ architecture })));
    const layers = [add('blobs', Buffer.from(`${content} for ${architecture}\n`.repeat(2000)))];
    const manifest = add('manifests', Buffer.from(JSON.stringify({ schemaVersion: 2, config, layers })));
    return { ...manifest, platform: { os: 'linux', architecture } };
  });
  return add('manifests', Buffer.from(JSON.stringify({ schemaVersion: 2, manifests })), tag).digest;
}

export function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`;
}

/** Packages as the lab makes them; its kubeadm is a script that names one image. */
async function addRepository({ files }: Upstream, dir: string): Promise<void> {
  const program = join(dir, 'program');
  await writeFile(program, '#!/bin/sh\necho registry.invalid/library/web:1\n');
  await chmod(program, 0o755);
  const binaries = { kubeadm: program, kubelet: program, kubectl: program, crictl: program };
  await mkdir(join(dir, 'lab'), { recursive: true });
  await mkdir(join(dir, 'plugins'));
  const repository = await publishRepository(join(dir, 'lab'), {
    version: 'v1.20.2',
    binaries,
    cniPluginsDir: join(dir, 'plugins'),
    imageArchives: [],
    notes: [],
    settings: { skipPhases: [], ignorePreflightErrors: [] },
  });
  const { stdout } = await execa('ls', [repository]);
  for (const name of stdout.split('\n')) files.set(`/apt/${name}`, await readFile(join(repository, name)));
}

async function addChart({ files }: Upstream, dir: string): Promise<void> {
  const archive = join(dir, 'web-1.0.0.tgz');
  const fixtures = join(import.meta.dirname, '../fixtures');
  await execa('tar', ['-czf', archive, '-C', fixtures, 'web-chart', '--transform', 's/^web-chart/web/']);
  const body = await readFile(archive);
  files.set('/files/web.tgz', body);
  const entry = {
    name: 'web',
    version: '1.0.0',
    urls: ['../files/web.tgz'],
    digest: digestOf(body).slice(7),
  };
  files.set(
    '/charts/index.yaml',
    Buffer.from(JSON.stringify({ apiVersion: 'v1', entries: { web: [entry] } })),
  );
}

function answer(request: http.IncomingMessage, response: http.ServerResponse, upstream: Upstream): void {
  const { pathname } = new URL(request.url ?? '', 'http://upstream');
  if (pathname === '/token') return void response.end(JSON.stringify({ token: 'anonymous' }));
  if (pathname.startsWith('/v2/') && request.headers.authorization !== 'Bearer anonymous') {
    const challenge = `Bearer realm="${upstream.url}/token",service="upstream",scope="pull"`;
    return void response.writeHead(401, { 'www-authenticate': challenge }).end();
  }
  const { range } = request.headers;
  upstream.requests.push({ path: pathname, range });
  const body = upstream.files.get(pathname);
  if (!body) return void response.writeHead(404).end();
  const isStalled = upstream.stalled.has(pathname);
  if (isStalled || upstream.cutOff.delete(pathname)) {
    response.writeHead(200, { 'content-length': body.length });
    const half = body.subarray(0, body.length / 2);
    return void response.write(half, () => isStalled || response.destroy());
  }
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  if (from >= body.length && from > 0) return void response.writeHead(416).end();
  const headers = from > 0 ? { 'content-range': `bytes ${from}-${body.length - 1}/${body.length}` } : {};
  response.writeHead(from > 0 ? 206 : 200, headers).end(body.subarray(from));
}
