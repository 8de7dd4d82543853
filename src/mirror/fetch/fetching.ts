import { systemClock } from '../../core/clock.ts';
import { ColdstartError } from '../../core/errors.ts';
import { FetchError, getBody, httpGet } from '../../net/http.ts';
import type { MirrorLock } from '../lock-file.ts';
import type { BlobStore, Digest } from '../store/blob-store.ts';
import { downloadBlob } from './download.ts';
import type { RegistryClient } from './registry-client.ts';

/** One run of `mirror fetch`: what was, what is being made, and what went wrong. */
export interface Fetching {
  store: BlobStore;
  /** The lock file as it was. */
  old: MirrorLock | undefined;
  /** As it becomes. */
  lock: MirrorLock;
  problems: ColdstartError[];
  registry: RegistryClient;
  /** HTTP proxy for URLs of `http:`. */
  proxy: string | undefined;
  /** Whether what was pinned may change. */
  update: boolean;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  progress(text: string): void;
}

/** What could not be had becomes a problem, and the rest goes on. True when it worked. */
export async function attempt(fetching: Fetching, what: string, work: () => Promise<void>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    fetching.signal.throwIfAborted();
    if (error instanceof FetchError) fetching.problems.push(unreachable(what, error));
    else if (error instanceof ColdstartError) fetching.problems.push(error);
    else throw error;
    return false;
  }
}

function unreachable(what: string, { message }: FetchError): ColdstartError {
  return new ColdstartError('MIRROR_UNREACHABLE', `could not fetch ${what}`, { because: message });
}

/** Fetches a file that may change under its URL: text and small things. */
export async function fetchBody({ proxy, env, signal }: Fetching, url: string): Promise<Buffer> {
  return patiently(signal, () => getBody(url, { proxy, env, signal }));
}

/** Fetches a file whose digest is known. */
export async function fetchKnown(fetching: Fetching, url: string, digest: Digest): Promise<void> {
  const { store, proxy, env, signal } = fetching;
  await patiently(signal, () =>
    downloadBlob(store, digest, url, headers => httpGet(url, { headers, proxy, env, signal })),
  );
}

/** A server that does not answer is asked three times. */
export async function patiently<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof FetchError && error.status >= 500 && attempts < 3;
      if (!mayPass) throw error;
      await systemClock.sleep(attempts * 500, signal);
    }
  }
}

/**
 * The digest to keep of something that is pinned: the old one where another came and nobody asked for that, with a
 * problem that says so.
 */
export function pinned(fetching: Fetching, what: string, old: Digest | undefined, found: Digest): Digest {
  if (old === undefined || old === found || fetching.update) return found;
  fetching.problems.push(
    new ColdstartError('MIRROR_CHANGED', `${what} is not what it was when the mirror was made`, {
      because: `it was ${old} and is ${found} now; the mirror keeps the old one`,
    }),
  );
  return old;
}

/** Works on a few at the same time. */
export async function inParallel<T>(
  items: readonly T[],
  atOnce: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = [...items];
  const worker = async (): Promise<void> => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
