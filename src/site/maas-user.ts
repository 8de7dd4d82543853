import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Secret } from '../core/secret.ts';
import type { MaasClient } from '../maas/client.ts';
import { writeAtomically } from '../state/atomic.ts';

/**
 * The name of the MAAS user that an API key belongs to. A key never changes hands, so it is asked once and remembered
 * in `file`, under a hash of the key and the region.
 */
export async function maasUser(client: MaasClient, apiKey: Secret, file: string): Promise<string> {
  const id = createHash('sha256').update(`${client.url} ${apiKey.reveal()}`).digest('hex').slice(0, 32);
  const known = await remembered(file);
  if (known[id] !== undefined) return known[id];
  const { name } = await client.whoami();
  await writeAtomically(file, `${JSON.stringify({ ...known, [id]: name }, null, 2)}\n`);
  return name;
}

/** A file that cannot be read is no loss. */
async function remembered(file: string): Promise<Record<string, string>> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}
