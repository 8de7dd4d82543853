import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ColdstartError } from '../core/errors.ts';
import { writeAtomically } from '../state/atomic.ts';

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/);

const fileEntry = z.object({
  digest,
  sizeBytes: z.number(),
  /** Who needs it, for people. */
  for: z.string(),
});

const imageEntry = z.object({
  /** Of the manifest or index that the name stands for. */
  digest,
  mediaType: z.string(),
  /** Everything that it is made of, for the mirror's architectures; the manifest itself too. */
  blobs: z.array(z.object({ digest, sizeBytes: z.number() })),
  for: z.string(),
});

const lockFile = z.object({
  schemaVersion: z.literal(1),
  /** `1.36.2`: what a version without a patch came to. */
  kubernetesVersion: z.string(),
  architectures: z.array(z.string()),
  /** By URL, as upstream has them. */
  files: z.record(z.string(), fileEntry),
  /** Charts of chart repositories; each file is in `files`, beside where the repository's index is. */
  charts: z.array(
    z.object({ repository: z.string(), name: z.string(), version: z.string(), url: z.string(), digest }),
  ),
  /** By full name: images, and charts in registries. */
  images: z.record(z.string(), imageEntry),
  /** What could not be known, and may be missing. */
  notes: z.array(z.string()),
});

/** What a mirror holds, and the digest of each thing. */
export type MirrorLock = z.output<typeof lockFile>;
export type LockedImage = z.output<typeof imageEntry>;

export function lockPath(dir: string): string {
  return join(dir, 'mirror.lock.json');
}

/** The lock file of a mirror, or undefined where there is none. Errors: MIRROR_DAMAGED. */
export async function readLock(dir: string): Promise<MirrorLock | undefined> {
  const text = await readFile(lockPath(dir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return lockFile.parse(JSON.parse(text));
  } catch (cause) {
    throw new ColdstartError('MIRROR_DAMAGED', `could not use ${lockPath(dir)}`, {
      because: 'it is not a lock file of a mirror, or not of this version of coldstart',
      hint: 'remove it and run coldstart mirror fetch again: what is in blobs/ is kept',
      cause,
    });
  }
}

/** The lock file of a mirror. Errors: MIRROR_MISSING, MIRROR_DAMAGED. */
export async function requireLock(dir: string): Promise<MirrorLock> {
  const lock = await readLock(dir);
  if (!lock) throw new ColdstartError('MIRROR_MISSING', `${dir} holds no mirror`);
  return lock;
}

/** Keys in order, so that two of them can be compared by eye. */
export async function writeLock(dir: string, lock: MirrorLock): Promise<void> {
  const sorted = { ...lock, files: sortKeys(lock.files), images: sortKeys(lock.images) };
  await writeAtomically(lockPath(dir), `${JSON.stringify(sorted, null, 2)}\n`, 0o644);
}

/** Every blob that the mirror needs, with its size and what it is a part of. */
export function blobsOf(lock: MirrorLock): { digest: string; sizeBytes: number; of: string }[] {
  const files = Object.entries(lock.files).map(([of, file]) => ({ ...file, of }));
  const parts = Object.entries(lock.images).flatMap(([of, { blobs }]) =>
    blobs.map(blob => ({ ...blob, of })),
  );
  const seen = new Set<string>();
  return [...files, ...parts].flatMap(({ digest: each, sizeBytes, of }) => {
    if (seen.has(each)) return [];
    seen.add(each);
    return [{ digest: each, sizeBytes, of }];
  });
}

function sortKeys<T>(record: Record<string, T>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
