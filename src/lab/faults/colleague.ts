import { randomUUID } from 'node:crypto';
import type { MachineStatus } from '../../maas/status.ts';
import type { KnownMachine, Region } from '../region/options.ts';
import type { FaultKindOf } from './kinds.ts';

type Deed = FaultKindOf<'colleague'>;

/** In which states of a machine each of them can be done at all. */
export const possibleIn: Readonly<Record<Deed, readonly MachineStatus[]>> = {
  locked: ['deploying', 'deployed'],
  taken: ['ready'],
  untagged: ['deploying', 'deployed'],
  deleted: ['deploying', 'deployed'],
  'deployed-by-hand': ['allocated'],
};

/** Does to a machine what another person at the same MAAS could do, through the same API. */
export async function meddle(region: Region, deed: Deed, { id }: KnownMachine): Promise<void> {
  const admin = userOf(region, 'admin');
  const machine = `machines/${id}/`;
  if (deed === 'locked') await admin('POST', `${machine}?op=lock`);
  if (deed === 'deleted') await admin('DELETE', machine);
  if (deed === 'taken') await userOf(region, 'joe')('POST', 'machines/?op=allocate', { system_id: id });
  if (deed === 'deployed-by-hand')
    await admin('POST', `${machine}?op=deploy`, { distro_series: 'ubuntu/noble' });
  if (deed === 'untagged') {
    const { tag_names: tags } = (await (await admin('GET', machine)).json()) as { tag_names: string[] };
    for (const tag of tags) await admin('POST', `tags/${tag}/?op=update_nodes`, { remove: id });
  }
}

function userOf(region: Region, user: string) {
  const [consumer, token, secret] = region.apiKeyOf(user)?.split(':') ?? [];
  return async (method: string, path: string, form?: Record<string, string>): Promise<Response> => {
    const authorization =
      `OAuth oauth_version="1.0", oauth_signature_method="PLAINTEXT", oauth_consumer_key="${consumer}", ` +
      `oauth_token="${token}", oauth_signature="%26${secret}", oauth_nonce="${randomUUID()}", ` +
      `oauth_timestamp="${Math.floor(Date.now() / 1000)}"`;
    const body = method === 'POST' ? new URLSearchParams(form) : null;
    const answer = await region.ask(
      new Request(`http://lab/MAAS/api/2.0/${path}`, { method, body, headers: { authorization } }),
    );
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
}
