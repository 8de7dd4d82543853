import type { Program } from './gate.ts';
import { logIn, sshOptionsIn } from './login.ts';
import type { SystemRecord } from './memory.ts';
import type { Systems } from './systems.ts';

/** The exit status of ssh itself when it does not come through: ssh(1). */
const ownFailure = 255;

export interface SshOptions {
  systems: Systems;
  /** True when sudo asks for a password. */
  withoutSudo(system: SystemRecord): boolean;
}

/** What `ssh [-o …] USER@ADDRESS COMMAND` does. Of commands it knows sudo and waiting for cloud-init; all else succeeds. */
export function sshProgram({ systems, withoutSudo }: SshOptions): Program {
  return async (args, { say, signal }) => {
    const at = args.findIndex((word, index) => word.includes('@') && args[index - 1] !== '-o');
    if (at < 0) return 0;
    const [user = '', address = ''] = (args[at] ?? '').split('@');
    const outcome = await logIn({ address, user, options: sshOptionsIn(args.slice(0, at)) }, systems);
    if ('refused' in outcome) {
      say.error(outcome.refused);
      return ownFailure;
    }
    const { system } = outcome;
    const command = args.slice(at + 1).join(' ');
    if (withoutSudo(system) && command.includes('sudo -n')) {
      say.error('sudo: a password is required');
      return Number(/sudo -n true \|\| exit (\d+)/.exec(command)?.[1] ?? 1);
    }
    if (!command.includes('cloud-init status --wait')) return 0;
    try {
      await systems.settled(system.id, signal);
      return 0;
    } catch {
      say.error(`Connection to ${address} closed by remote host.`);
      return ownFailure;
    }
  };
}
