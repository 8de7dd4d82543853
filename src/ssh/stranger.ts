import { ColdstartError } from '../core/errors.ts';
import type { SshAccess } from './arguments.ts';

/** Throws SSH_HOST_KEY when ssh says that the machine is not the one that is meant. */
export function refuseStranger(name: string, access: SshAccess, stderr: string): void {
  if (/host key|REMOTE HOST IDENTIFICATION/i.test(stderr))
    throw wrongIdentity(name, access, lastLine(stderr));
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function wrongIdentity(name: string, { hostKeyAlias, address }: SshAccess, said: string): ColdstartError {
  const known = hostKeyAlias !== undefined;
  return new ColdstartError('SSH_HOST_KEY', `${name} (${address}) cannot be trusted`, {
    because: known ? `it shows another host key than the one that it was given: ${said}` : said,
    hint: known
      ? 'make sure that no other machine has this address; coldstart reset deploys the machine again with its own key'
      : `coldstart did not deploy it: put its host key into your known_hosts (ssh-keyscan ${address}, checked by you)`,
  });
}
