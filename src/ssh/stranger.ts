import { ColdstartError } from '../core/errors.ts';
import type { SshAccess } from './arguments.ts';

/** Throws SSH_HOST_KEY when ssh says that the machine is not the one that is meant. */
export function refuseStranger(name: string, access: SshAccess, stderr: string): void {
  if (/host key|REMOTE HOST IDENTIFICATION/i.test(stderr)) throw wrongIdentity(name, access, stderr);
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)?.trim() ?? '';
}

function wrongIdentity(name: string, { hostKeyAlias, address }: SshAccess, stderr: string): ColdstartError {
  const known = hostKeyAlias !== undefined;
  const shownKey = /\bSHA256:[\w+/]{43}/.exec(stderr)?.[0];
  const shown = shownKey === undefined ? '' : `, ${shownKey}`;
  return new ColdstartError('SSH_HOST_KEY', `${name} (${address}) cannot be trusted`, {
    because: known
      ? `what answers there shows another host key than ${name} was given${shown}`
      : lastLine(stderr),
    hint: known
      ? `make sure that no other machine has the address ${address}, and that MAAS has the right one for ${name}; if it is ${name}, coldstart reset deploys it again with its own key`
      : `coldstart did not deploy it: put its host key into your known_hosts (ssh-keyscan ${address}, checked by you)`,
    data: shownKey === undefined ? {} : { shownKey },
  });
}
