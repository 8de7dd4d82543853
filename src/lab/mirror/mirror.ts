import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { ColdstartError, reasonOf } from '../../core/errors.ts';
import { serveRegistry } from '../../mirror/store/registry.ts';
import { sendFile } from '../../mirror/store/send-file.ts';
import type { Progress } from '../kubernetes/release.ts';
import type { KubernetesSupply } from '../kubernetes/supply.ts';
import { upstreamRepository } from '../kubernetes/upstream.ts';
import type { DebianMirrors } from '../system/apt-mirrors.ts';
import { serveApt, serveCached } from './apt-proxy.ts';
import { FetchCache } from './fetch-cache.ts';
import { ImageStore } from './image-store.ts';
import { packageVersionOf } from './packages.ts';
import { PullThrough } from './pull-through.ts';
import { prepareMirrorDir, publishRepository } from './repository.ts';

export interface MirrorOptions {
  /** Where to listen: this computer's address on the lab's network. */
  address: string;
  /** As in an earlier run when missing, else 3142. */
  port?: number;
  stateDir: string;
  cacheDir: string;
  mirrors: DebianMirrors;
  supply: KubernetesSupply;
  progress?: Progress;
  log?: (text: string) => void;
  signal?: AbortSignal | undefined;
}

/** Everything that the hosts get from outside of themselves. All URLs are on one port, and the same after a restart. */
export interface LabMirror {
  /** For `Acquire::http::Proxy`. */
  aptProxyUrl: string;
  /** `deb [signed-by=…] <repositoryUrl> /` */
  repositoryUrl: string;
  /** The key that signs it, in ASCII armour. */
  repositoryKeyUrl: string;
  /** For containerd's hosts.toml, the same for every registry: it can pull and resolve. */
  registryUrl: string;
  /** Of kubeadm, kubelet and kubectl, such as `1.20.2-1.1`; ends with `*` where upstream's own packages are used. */
  packageVersion: string;
  /** Names of the images that the registry has. */
  images: readonly string[];
  close(): Promise<void>;
}

/** Serves packages and images to the hosts, until it is closed. */
export async function startMirror(options: MirrorOptions): Promise<LabMirror> {
  const { supply, cacheDir } = options;
  const dir = await prepareMirrorDir(options.stateDir);
  const site: Site = {
    mirrors: options.mirrors,
    files: new FetchCache(join(cacheDir, 'downloads'), options.mirrors.proxy),
    store: new ImageStore(join(cacheDir, 'registry')),
    repository: await repositoryOf(dir, options),
    pullThrough: undefined,
  };
  await site.store.prepare();
  if (supply.kind === 'upstream') site.pullThrough = new PullThrough(site.store);
  const archives = supply.kind === 'packaged' ? supply.release.imageArchives : [];
  for (const [index, archive] of archives.entries()) {
    options.progress?.(`putting images into the registry (${index + 1} of ${archives.length})`);
    await site.store.import(archive, options.signal);
  }
  const server = http.createServer((request, response) => void answer(request, response, site, options.log));
  const port = await listen(server, options.address, join(dir, 'port'), options.port);
  return describe(`http://${options.address}:${port}`, server, site, supply);
}

interface Site {
  mirrors: DebianMirrors;
  files: FetchCache;
  store: ImageStore;
  /** A folder, or the URL of upstream's. */
  repository: { dir: string } | { url: string };
  pullThrough: PullThrough | undefined;
}

async function repositoryOf(
  dir: string,
  { supply, progress, signal }: MirrorOptions,
): Promise<Site['repository']> {
  if (supply.kind === 'upstream') return { url: upstreamRepository(supply.version) };
  progress?.('making the package repository');
  return { dir: await publishRepository(dir, supply.release, signal) };
}

async function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  site: Site,
  log: ((text: string) => void) | undefined,
): Promise<void> {
  try {
    await route(request, response, site);
  } catch (error) {
    log?.(`mirror: ${request.method} ${request.url}: ${reasonOf(error)}`);
    if (response.headersSent) response.destroy();
    else response.writeHead(500, { 'content-type': 'text/plain' }).end(`${reasonOf(error)}\n`);
  }
}

async function route(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  site: Site,
): Promise<void> {
  const self = `http://${request.headers.host}`;
  const asked = request.url ?? '/';
  // apt sends requests for the lab's own repository through the proxy as well, which is this same server.
  const url = new URL(asked, self);
  if (/^https?:/.test(asked) && !isOwnAddress(url, request))
    return serveApt(request, response, site.mirrors, site.files);
  if (url.pathname === '/v2' || url.pathname.startsWith('/v2/')) {
    await site.pullThrough?.fetchFor(url);
    return serveRegistry(request, response, url, site.store);
  }
  const file = /^\/kubernetes\/(.*)$/.exec(url.pathname)?.[1];
  if (file !== undefined) return serveRepository(request, response, file, site);
  response.writeHead(404, { 'content-type': 'text/plain' }).end('This is the mirror of the coldstart lab.\n');
}

function isOwnAddress(url: URL, { socket }: http.IncomingMessage): boolean {
  return url.hostname === socket.localAddress && url.port === String(socket.localPort);
}

async function serveRepository(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  file: string,
  { repository, files }: Site,
): Promise<void> {
  if ('url' in repository) return serveCached(request, response, repository.url + file, files);
  // Flat: a name without a folder, so nothing outside can be meant.
  const name = decodeURIComponent(file).replace(/^\.\//, '');
  if (name.includes('/') || name.startsWith('.')) return void response.writeHead(404).end();
  const contentType = name.endsWith('.deb')
    ? 'application/vnd.debian.binary-package'
    : 'text/plain; charset=utf-8';
  await sendFile(request, response, { path: join(repository.dir, name), contentType });
}

const USUAL_PORT = 3142;

/** Listens where it did before, because the hosts have the URLs in their files. */
async function listen(
  server: http.Server,
  address: string,
  portFile: string,
  wanted: number | undefined,
): Promise<number> {
  const remembered = Number(await readFile(portFile, 'utf8').catch(() => ''));
  const port = wanted ?? (remembered || USUAL_PORT);
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => {
      reject(new ColdstartError('LAB_FAILED', `could not listen on ${address} port ${port}`, { cause }));
    });
    server.listen(port, address, resolve);
  });
  const actual = (server.address() as { port: number }).port;
  await writeFile(portFile, `${actual}\n`);
  return actual;
}

function describe(url: string, server: http.Server, { store }: Site, supply: KubernetesSupply): LabMirror {
  const packaged = supply.kind === 'packaged';
  return {
    aptProxyUrl: `${url}/`,
    repositoryUrl: `${url}/kubernetes/`,
    repositoryKeyUrl: `${url}/kubernetes/Release.key`,
    registryUrl: url,
    packageVersion: packaged
      ? packageVersionOf(supply.release.version)
      : `${supply.version.replace(/^v/, '')}-*`,
    images: store.images.map(({ registry, repository, tag }) => `${registry}/${repository}:${tag}`),
    async close() {
      server.closeAllConnections();
      await new Promise<void>(resolve => {
        server.close(() => resolve());
      });
    },
  };
}
