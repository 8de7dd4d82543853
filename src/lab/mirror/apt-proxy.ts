import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendFile } from '../../mirror/store/send-file.ts';
import { FetchError } from '../../net/http.ts';
import type { DebianMirrors } from '../system/apt-mirrors.ts';
import type { FetchCache } from './fetch-cache.ts';

/** Answers a proxy request of apt, `GET http://mirror/path`, from the cache or from this computer's own mirrors. */
export async function serveApt(
  request: IncomingMessage,
  response: ServerResponse,
  mirrors: DebianMirrors,
  cache: FetchCache,
): Promise<void> {
  const url = upstreamOf(request.url ?? '', mirrors.all);
  if (!url) {
    const text = "The lab's proxy passes on only to the package mirrors of the computer that runs it.\n";
    return void response.writeHead(403, { 'content-type': 'text/plain' }).end(text);
  }
  await serveCached(request, response, url, cache);
}

/** Answers with a file from outside, through the cache. */
export async function serveCached(
  request: IncomingMessage,
  response: ServerResponse,
  url: string,
  cache: FetchCache,
): Promise<void> {
  try {
    await sendFile(request, response, await cache.get(url));
  } catch (error) {
    if (!(error instanceof FetchError)) throw error;
    response.writeHead(error.status, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
  }
}

/**
 * What to fetch for a URL that a host asks for: the same below one of the mirrors, by the mirror's own scheme.
 * Undefined for everything else.
 */
export function upstreamOf(requested: string, mirrors: readonly string[]): string | undefined {
  if (!URL.canParse(requested)) return undefined;
  // Parsed, so that dots in the path cannot lead out of the mirror's folder.
  const url = new URL(requested);
  const mirror = mirrors
    .map(text => new URL(text))
    .find(m => m.host === url.host && url.pathname.startsWith(m.pathname));
  return mirror ? `${mirror.protocol}//${url.host}${url.pathname}${url.search}` : undefined;
}
