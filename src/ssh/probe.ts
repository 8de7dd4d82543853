import { execa } from 'execa';
import { ColdstartError } from '../core/errors.ts';
import type { Sight } from '../engine/step.ts';
import { type SshAccess, sshOptions } from './arguments.ts';
import { lastLine, refuseStranger } from './stranger.ts';

/** Exit status of the remote command when the user may not become root. */
const noSudo = 97;

/** Runs on the machine: root without a password, and cloud-init at its end. An error of cloud-init does not stop us. */
const remoteCommand = [
  `sudo -n true || exit ${noSudo}`,
  'command -v cloud-init >/dev/null || exit 0',
  'cloud-init status --wait >/dev/null 2>&1',
  'exit 0',
].join('; ');

/**
 * Whether the machine can be worked on over SSH. Errors: SSH_HOST_KEY when it shows another identity;
 * SSH_UNREACHABLE when the user may not use sudo. Anything else is "not yet", with what ssh said.
 */
export async function probeSsh(
  name: string,
  access: SshAccess,
  { signal, env = {} }: { signal: AbortSignal; env?: Readonly<Record<string, string>> },
): Promise<Sight> {
  const result = await execa(
    'ssh',
    [...sshOptions(access), `${access.user}@${access.address}`, remoteCommand],
    {
      reject: false,
      env,
      stdin: 'ignore',
      cancelSignal: signal,
      timeout: 10 * 60_000,
    },
  );
  signal.throwIfAborted();
  if (result.exitCode === 0) return { done: true, seen: 'SSH answers' };
  if (result.exitCode === noSudo) throw withoutSudo(name, access);
  refuseStranger(name, access, result.stderr);
  const seen = lastLine(result.stderr) || result.shortMessage || `ssh exited with ${result.exitCode}`;
  return { done: false, seen };
}

function withoutSudo(name: string, { user }: SshAccess): ColdstartError {
  return new ColdstartError('SSH_UNREACHABLE', `${user} on ${name} may not run commands as root`, {
    because: 'sudo asks for a password',
    hint: `let ${user} use sudo without a password, or set ssh.user in cluster.yaml`,
  });
}
