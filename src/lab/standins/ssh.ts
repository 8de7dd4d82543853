import type { Program } from './gate.ts';
import { type LoginWorld, logIn, sshOptionsIn } from './login.ts';
import type { SystemRecord } from './memory.ts';

/** The exit status of ssh itself when it does not come through: ssh(1). */
const ownFailure = 255;

export interface SshOptions extends LoginWorld {
  strikes(kind: 'host-key-differs' | 'no-sudo', system: SystemRecord): boolean;
}

/** What `ssh [-o …] USER@ADDRESS COMMAND` does. Of commands it knows sudo and waiting for cloud-init; all else succeeds. */
export function sshProgram(world: SshOptions): Program {
  return async (args, { say, signal }) => {
    const at = args.findIndex((word, index) => word.includes('@') && args[index - 1] !== '-o');
    if (at < 0) return 0;
    const [user = '', address = ''] = (args[at] ?? '').split('@');
    const outcome = await logIn({ address, user, options: sshOptionsIn(args.slice(0, at)) }, world);
    if ('refused' in outcome) {
      say.error(outcome.refused);
      return ownFailure;
    }
    const { system } = outcome;
    const command = args.slice(at + 1).join(' ');
    if (command.includes('sudo -n') && world.strikes('no-sudo', system)) {
      say.error('sudo: a password is required');
      return Number(/sudo -n true \|\| exit (\d+)/.exec(command)?.[1] ?? 1);
    }
    if (!command.includes('cloud-init status --wait')) return 0;
    try {
      await world.systems.settled(system.id, signal);
      return 0;
    } catch {
      say.error(`Connection to ${address} closed by remote host.`);
      return ownFailure;
    }
  };
}
