import { createWriteStream } from 'node:fs';
import { mkdir, open, rm, stat } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ColdstartError } from '../../core/errors.ts';
import { FetchError, refused } from '../../net/http.ts';
import { type BlobStore, type Digest, sha256Of } from '../store/blob-store.ts';

/** Asks for a file; `headers` may hold a range. */
export type OpenFile = (headers: Record<string, string>) => Promise<IncomingMessage>;

/**
 * Fetches a file whose digest is known into the store, unless it is there. What an earlier process left half done is
 * continued. `name` is what people know it by. Errors: FetchError; ColdstartError MIRROR_DAMAGED for another digest.
 */
export async function downloadBlob(
  store: BlobStore,
  digest: Digest,
  name: string,
  openFile: OpenFile,
): Promise<void> {
  if (store.pathOf(digest) === undefined) throw damaged(name, `${digest} is no sha256 digest`);
  await store.ensure(digest, () => download(store, digest, name, openFile));
}

async function download(store: BlobStore, digest: Digest, name: string, openFile: OpenFile): Promise<void> {
  const hex = digest.slice('sha256:'.length);
  const partial = join(store.scratchDir, 'partial', hex);
  await mkdir(join(store.scratchDir, 'partial'), { recursive: true });
  const resumed = await fetchInto(partial, name, openFile);
  const found = await sha256Of(partial);
  if (found === hex) return keep(store, partial, hex);
  await rm(partial, { force: true });
  // The earlier half may be the wrong one.
  if (resumed) return download(store, digest, name, openFile);
  throw damaged(name, `its digest is sha256:${found}, and should be ${digest}`);
}

/** Whether something of an earlier process was there. */
async function fetchInto(partial: string, name: string, openFile: OpenFile): Promise<boolean> {
  const have = await stat(partial).then(
    file => file.size,
    () => 0,
  );
  const response = await openFile(have > 0 ? { range: `bytes=${have}-` } : {});
  const continues =
    response.statusCode === 206 && response.headers['content-range']?.startsWith(`bytes ${have}-`);
  // All of it had arrived already, or it never was this file: the digest tells.
  if (response.statusCode === 416) response.resume();
  else if (response.statusCode !== 200 && !continues) throw refused(response, name);
  else await write(response, partial, continues ? 'a' : 'w', name);
  return have > 0;
}

async function write(response: IncomingMessage, partial: string, flags: string, name: string): Promise<void> {
  try {
    await pipeline(response, createWriteStream(partial, { flags }));
  } catch (error) {
    throw new FetchError(502, `${name}: ${(error as Error).message}`);
  }
}

/** On disk before it has its name: after a power cut, a blob is whole or absent. */
async function keep(store: BlobStore, partial: string, hex: string): Promise<void> {
  const file = await open(partial, 'r');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  await store.putFile(partial, hex);
}

function damaged(name: string, because: string): ColdstartError {
  return new ColdstartError('MIRROR_DAMAGED', `${name} arrived damaged`, { because });
}
