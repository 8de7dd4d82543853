import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';

/**
 * Writes a file so that a reader, or a crash, sees the old text or the new one and never half of it. Mode 0600 in a
 * folder of mode 0700 unless they exist.
 */
export async function writeAtomically(file: string, text: string | Buffer, mode = 0o600): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${randomBytes(4).toString('hex')}.new`;
  try {
    await writeFile(aside, text, { mode, flush: true });
    await rename(aside, file);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
}
