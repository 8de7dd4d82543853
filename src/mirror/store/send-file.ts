import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** Answers with a file: GET and HEAD, one byte range, If-Modified-Since. 404 when there is no such file. */
export async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: { path: string; contentType: string; lastModified?: string; headers?: Record<string, string> },
): Promise<void> {
  const found = await stat(file.path).catch(() => undefined);
  if (!found?.isFile()) return void response.writeHead(404).end();
  const lastModified = file.lastModified ?? found.mtime.toUTCString();
  const headers = {
    'content-type': file.contentType,
    'last-modified': lastModified,
    'accept-ranges': 'bytes',
    ...file.headers,
  };
  if (isFresh(request.headers['if-modified-since'], lastModified))
    return void response.writeHead(304, headers).end();
  const range = parseRange(request.headers.range, found.size);
  if (range === 'unsatisfiable') {
    return void response.writeHead(416, { 'content-range': `bytes */${found.size}` }).end();
  }
  const { start, end } = range ?? { start: 0, end: found.size - 1 };
  const partial = range ? { 'content-range': `bytes ${start}-${end}/${found.size}` } : {};
  response.writeHead(range ? 206 : 200, {
    ...headers,
    ...partial,
    'content-length': String(end - start + 1),
  });
  if (request.method === 'HEAD' || found.size === 0) return void response.end();
  // The client may go away in the middle; that is its right.
  await pipeline(createReadStream(file.path, { start, end }), response).catch(() => response.destroy());
}

/** One range of a `Range` header, as first and last byte. Undefined when there is none that we serve. */
export function parseRange(
  header: string | undefined,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  return start > end ? 'unsatisfiable' : { start, end };
}

function isFresh(since: string | undefined, lastModified: string): boolean {
  return since !== undefined && Date.parse(since) >= Date.parse(lastModified);
}
