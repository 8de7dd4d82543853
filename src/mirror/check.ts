import { stat } from 'node:fs/promises';
import { inParallel } from './fetch/fetching.ts';
import { blobsOf, type MirrorLock, requireLock } from './lock-file.ts';
import { BlobStore, sha256Of } from './store/blob-store.ts';

export interface MirrorCheck {
  lock: MirrorLock;
  /** How many files were looked at, and their size. */
  checked: number;
  sizeBytes: number;
  /** What is wrong: `of` is a URL or the name of an image. */
  bad: { of: string; digest: string; because: 'missing' | 'changed' }[];
}

/** Reads every file of a mirror and compares its digest with the lock file's. Errors: MIRROR_MISSING, MIRROR_DAMAGED. */
export async function checkMirror(dir: string, signal: AbortSignal): Promise<MirrorCheck> {
  const lock = await requireLock(dir);
  const store = new BlobStore(dir);
  const result: MirrorCheck = { lock, checked: 0, sizeBytes: 0, bad: [] };
  await inParallel(blobsOf(lock), 2, async ({ digest, of }) => {
    signal.throwIfAborted();
    const path = store.blob(digest);
    result.checked += 1;
    if (path === undefined) result.bad.push({ of, digest, because: 'missing' });
    else if (`sha256:${await sha256Of(path)}` !== digest) result.bad.push({ of, digest, because: 'changed' });
    else result.sizeBytes += (await stat(path)).size;
  });
  result.bad.sort((a, b) => (a.of < b.of ? -1 : 1));
  return result;
}
