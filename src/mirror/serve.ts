import { stat } from 'node:fs/promises';
import http from 'node:http';
import { stringify } from 'yaml';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import { urlOfPath } from './address.ts';
import { lockPath, type MirrorLock, requireLock } from './lock-file.ts';
import { BlobStore } from './store/blob-store.ts';
import { parseImageName } from './store/image-name.ts';
import { type ImageSource, type StoredImage, serveRegistry } from './store/registry.ts';
import { sendFile } from './store/send-file.ts';

export interface ServeOptions {
  dir: string;
  address: string;
  /** 0 for any free one. */
  port: number;
  /** One line an answer: method, path, status. */
  log(line: string): void;
}

/** Serves a mirror until it is closed. Errors: MIRROR_MISSING, MIRROR_DAMAGED, USAGE where the address cannot be used. */
export async function serveMirror(options: ServeOptions): Promise<{ url: string; close(): Promise<void> }> {
  const shelf = new Shelf(options.dir);
  await shelf.refresh();
  const server = http.createServer((request, response) => {
    response.on('finish', () => options.log(`${request.method} ${request.url} ${response.statusCode}`));
    void answer(request, response, shelf);
  });
  const port = await listen(server, options);
  const host = options.address.includes(':') ? `[${options.address}]` : options.address;
  return {
    url: `http://${host}:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
      });
    },
  };
}

/** What is served: read anew when a fetch has written another lock file. */
class Shelf implements ImageSource {
  readonly #dir: string;
  readonly #store: BlobStore;
  #readAtMs = -1;
  lock: MirrorLock | undefined;
  images: readonly StoredImage[] = [];

  constructor(dir: string) {
    this.#dir = dir;
    this.#store = new BlobStore(dir);
  }

  blob(digest: string): string | undefined {
    return this.#store.blob(digest);
  }

  async refresh(): Promise<void> {
    const mtimeMs = await stat(lockPath(this.#dir)).then(
      file => file.mtimeMs,
      () => 0,
    );
    if (mtimeMs === this.#readAtMs) return;
    this.lock = await requireLock(this.#dir);
    this.images = imagesOf(this.lock);
    this.#readAtMs = mtimeMs;
  }
}

/** Names with a digest in the place of the tag are asked for by that digest. */
function imagesOf(lock: MirrorLock): StoredImage[] {
  return Object.entries(lock.images).flatMap(([name, { digest, mediaType }]) => {
    const reference = parseImageName(name);
    return reference ? [{ ...reference, digest, mediaType }] : [];
  });
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  shelf: Shelf,
): Promise<void> {
  try {
    await shelf.refresh();
    await route(request, response, shelf);
  } catch (error) {
    if (response.headersSent) response.destroy();
    else sendText(response, 500, `${reasonOf(error)}\n`);
  }
}

async function route(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  shelf: Shelf,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://mirror');
  if (url.pathname === '/v2' || url.pathname.startsWith('/v2/'))
    return serveRegistry(request, response, url, shelf);
  if (request.method !== 'GET' && request.method !== 'HEAD') return sendText(response, 405, 'read only\n');
  if (url.pathname === '/') return sendText(response, 200, contentsOf(shelf.lock));
  const upstream = urlOfPath(url.pathname);
  if (upstream === undefined)
    return sendText(response, 404, 'a mirror has /v2/, /http/HOST/… and /https/HOST/…\n');
  const index = upstream.endsWith('/index.yaml') ? chartIndex(upstream, shelf.lock) : undefined;
  if (index !== undefined) return sendText(response, 200, index, 'application/yaml');
  const path = shelf.blob(shelf.lock?.files[upstream]?.digest ?? '');
  if (path === undefined) return sendText(response, 404, `${upstream} is not in this mirror\n`);
  await sendFile(request, response, { path, contentType: typeOf(upstream) });
}

/** The index of a chart repository, with nothing but the charts that are here. */
function chartIndex(url: string, lock: MirrorLock | undefined): string | undefined {
  const repository = url.slice(0, -'index.yaml'.length);
  const charts = lock?.charts.filter(chart => chart.repository === repository) ?? [];
  if (charts.length === 0) return undefined;
  const entries: Record<string, unknown[]> = {};
  for (const { name, version, digest } of charts)
    (entries[name] ??= []).push({
      apiVersion: 'v2',
      name,
      version,
      digest: digest.slice('sha256:'.length),
      urls: [`${name}-${version}.tgz`],
    });
  return stringify({ apiVersion: 'v1', entries });
}

function contentsOf(lock: MirrorLock | undefined): string {
  const rows = [...Object.keys(lock?.images ?? {}), ...Object.keys(lock?.files ?? {})];
  return `A mirror of coldstart: Kubernetes ${lock?.kubernetesVersion}\n\n${rows.join('\n')}\n`;
}

function typeOf(url: string): string {
  if (url.endsWith('.deb')) return 'application/vnd.debian.binary-package';
  return /\.(?:tgz|gz)$/.test(url) ? 'application/gzip' : 'text/plain; charset=utf-8';
}

function sendText(
  response: http.ServerResponse,
  status: number,
  text: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': type }).end(text);
}

async function listen(server: http.Server, { address, port }: ServeOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => {
      reject(new ColdstartError('USAGE', `could not listen on ${address} port ${port}`, { cause }));
    });
    server.listen(port, address, resolve);
  });
  return (server.address() as { port: number }).port;
}
