import { ColdstartError } from '../core/errors.ts';
import type { Patience, Sight, StepContext } from '../engine/step.ts';
import type { Target } from '../plan/plan.ts';
import type { Playbook, World } from './ports.ts';

/** Servers take minutes for their power-on self test. */
const backAgain: Partial<Patience> = { warnAfterMs: 90_000, failAfterMs: 6 * 60_000, onlyLonger: true };

/**
 * Runs a playbook on a machine, as a change in the words of `sentence`. Before another try the machine is waited for: it may
 * be restarting, or have another address by now. Errors: SSH_UNREACHABLE when it does not come back; those of the playbook.
 */
export async function play(
  playbook: Playbook,
  target: Target,
  ctx: StepContext,
  world: World,
  sentence: string,
): Promise<void> {
  if (ctx.attempt > 1) await waitForIt(target, ctx, world);
  await ctx.change(sentence, () => world.playbooks.run(playbook, target, ctx.progress));
}

async function waitForIt({ id, name }: Target, ctx: StepContext, { access, facts }: World): Promise<void> {
  const look = async (): Promise<Sight> => {
    // Nobody has to wait for what is switched off; looking asks MAAS again while the machine is silent.
    if (facts.machine(id).powerState === 'off')
      throw silent(name, 'MAAS says that it is switched off', switchOn);
    return access.look(id);
  };
  try {
    await ctx.until(`${name} answers over SSH again`, look, backAgain);
  } catch (error) {
    if (!(error instanceof ColdstartError) || error.code !== 'TIMED_OUT') throw error;
    throw silent(name, error.because ?? error.message, error.hint);
  }
}

const switchOn = 'find out who or what switched it off; coldstart up switches it on again';

function silent(name: string, because: string, hint: string): ColdstartError {
  return new ColdstartError('SSH_UNREACHABLE', `lost contact with ${name}`, { because, hint });
}
