import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { findImage, type ImageReference, imagesAt } from './image-name.ts';
import { sendFile } from './send-file.ts';

/** An image that a store has: its name, and the manifest or index that the name stands for. */
export interface StoredImage extends ImageReference {
  /** Such as `sha256:…`. */
  digest: string;
  mediaType: string;
}

/** What a registry serves from. */
export interface ImageSource {
  readonly images: readonly StoredImage[];
  /** Path of a blob, or undefined where there is none. */
  blob(digest: string): string | undefined;
}

/**
 * Answers the reading half of the registry API. containerd names the registry that it means as `?ns=` when it asks
 * a mirror.
 * @see https://github.com/opencontainers/distribution-spec/blob/main/spec.md
 */
export async function serveRegistry(
  request: IncomingMessage,
  response: ServerResponse,
  url: URL,
  store: ImageSource,
): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return refuse(response, 405, 'UNSUPPORTED', 'read only');
  if (/^\/v2\/?$/.test(url.pathname)) return void response.writeHead(200, JSON_TYPE).end('{}');
  const [, repository = '', kind = '', reference = ''] = ROUTE.exec(url.pathname) ?? [];
  if (kind === 'manifests') {
    const asked = { registry: url.searchParams.get('ns') ?? undefined, repository, tag: reference };
    return serveManifest(request, response, asked, store);
  }
  if (kind === 'blobs') return serveBlob(request, response, reference, store);
  if (kind === 'tags') return serveTags(response, repository, store);
  return refuse(response, 404, 'NAME_UNKNOWN', `no such address: ${url.pathname}`);
}

const ROUTE = /^\/v2\/([a-z0-9][a-z0-9._/-]*)\/(manifests|blobs|tags)\/([\w:.+-]+)$/;
const JSON_TYPE = { 'content-type': 'application/json' };

async function serveManifest(
  request: IncomingMessage,
  response: ServerResponse,
  asked: { registry: string | undefined; repository: string; tag: string },
  store: ImageSource,
): Promise<void> {
  const byDigest = asked.tag.startsWith('sha256:');
  const digest = byDigest ? asked.tag : findImage(store.images, asked)?.digest;
  const path = digest && store.blob(digest);
  if (!path)
    return refuse(response, 404, 'MANIFEST_UNKNOWN', `there is no image ${asked.repository}:${asked.tag}`);
  const contentType = await mediaTypeOf(path);
  await sendFile(request, response, { path, contentType, headers: { 'docker-content-digest': digest } });
}

async function mediaTypeOf(path: string): Promise<string> {
  const manifest = JSON.parse(await readFile(path, 'utf8')) as { mediaType?: string; manifests?: unknown };
  const fallback = manifest.manifests ? 'index' : 'manifest';
  return manifest.mediaType ?? `application/vnd.oci.image.${fallback}.v1+json`;
}

async function serveBlob(
  request: IncomingMessage,
  response: ServerResponse,
  digest: string,
  store: ImageSource,
): Promise<void> {
  const path = store.blob(digest);
  if (!path) return refuse(response, 404, 'BLOB_UNKNOWN', `there is no blob ${digest}`);
  const contentType = 'application/octet-stream';
  await sendFile(request, response, { path, contentType, headers: { 'docker-content-digest': digest } });
}

function serveTags(response: ServerResponse, repository: string, store: ImageSource): void {
  const tags = imagesAt(store.images, repository).map(image => image.tag);
  if (tags.length === 0) return refuse(response, 404, 'NAME_UNKNOWN', `there is no image ${repository}`);
  response
    .writeHead(200, JSON_TYPE)
    .end(JSON.stringify({ name: repository, tags: [...new Set(tags)].sort() }));
}

function refuse(response: ServerResponse, status: number, code: string, message: string): void {
  response.writeHead(status, JSON_TYPE).end(JSON.stringify({ errors: [{ code, message }] }));
}
