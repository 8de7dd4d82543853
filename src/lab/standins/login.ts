import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { SystemRecord } from './memory.ts';
import type { Systems } from './systems.ts';

/** Who wants in where, and with which options of ssh_config(5), by name in lower case. */
export interface Login {
  address: string;
  user: string;
  options: ReadonlyMap<string, readonly string[]>;
}

/** Who there is to log in to. */
export interface LoginWorld {
  systems: Systems;
  strikes(kind: 'host-key-differs', system: SystemRecord): boolean;
}

export type LoginOutcome = { system: SystemRecord } | { refused: string };

/** What OpenSSH would find: whether somebody answers, shows the right key, and lets us in. The text is OpenSSH's. */
export async function logIn(
  { address, user, options }: Login,
  { systems, strikes }: LoginWorld,
): Promise<LoginOutcome> {
  const system = systems.at(address);
  if (!system) return { refused: `ssh: connect to host ${address} port 22: Connection refused` };
  const name = options.get('hostkeyalias')?.[0] ?? address;
  const known = await readIfThere(options.get('userknownhostsfile')?.[0] ?? '~/.ssh/known_hosts');
  const lines = known.split('\n').filter(line => line.startsWith(`${name} `));
  const shown = strikes('host-key-differs', system) ? anotherKey : system.hostKey;
  if (!lines.some(line => shown !== undefined && line.includes(keyOf(shown)))) {
    return {
      refused: lines.length > 0 ? changedKey(shown) : `${unknownKey(name)}\nHost key verification failed.`,
    };
  }
  const keys = await Promise.all((options.get('identityfile') ?? []).map(file => readIfThere(`${file}.pub`)));
  const mayEnter =
    user === system.user && keys.some(key => key !== '' && isAuthorized(system.authorizedKeys, key));
  return mayEnter ? { system } : { refused: `${user}@${address}: Permission denied (publickey).` };
}

/** `-o Name=value` among the arguments of ssh. The first value counts, but for identities, which add up. */
export function sshOptionsIn(args: readonly string[]): Map<string, string[]> {
  const options = new Map<string, string[]>();
  args.forEach((word, index) => {
    const [, name, value] = (args[index - 1] === '-o' && /^(\w+)[= ](.*)$/.exec(word)) || [];
    if (name === undefined || value === undefined) return;
    const key = name.toLowerCase();
    options.set(key, [...(options.get(key) ?? []), value.replace(/^"(.*)"$/, '$1')]);
  });
  return options;
}

const anotherKey = `ssh-ed25519 ${Buffer.from('the key of nobody').toString('base64')}`;

function changedKey(shown: string | undefined): string {
  const key = Buffer.from(keyOf(shown ?? ''), 'base64');
  const fingerprint = createHash('sha256').update(key).digest('base64').replace(/=+$/, '');
  return `@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @
The fingerprint for the ED25519 key sent by the remote host is
SHA256:${fingerprint}.
Host key verification failed.`;
}

function unknownKey(name: string): string {
  return `No ED25519 host key is known for ${name} and you have requested strict checking.`;
}

function isAuthorized(authorizedKeys: readonly string[], publicKey: string): boolean {
  return authorizedKeys.some(key => keyOf(key) === keyOf(publicKey));
}

/** The key itself, without its type and comment. */
function keyOf(publicKey: string): string {
  return publicKey.trim().split(' ')[1] ?? publicKey;
}

async function readIfThere(file: string): Promise<string> {
  const full = file.startsWith('~/') ? path.join(os.homedir(), file.slice(2)) : file;
  return readFile(full, 'utf8').catch(() => '');
}
