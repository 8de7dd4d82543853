import { ColdstartError } from '../../core/errors.ts';
import type { Sight } from '../../engine/step.ts';
import type { Machine } from '../../maas/machine.ts';
import { defineStep } from '../step.ts';
import { withinCircuit } from './circuit.ts';

/** Has MAAS install the operating system. A machine that is already deploying is waited for. */
export const deployMachine = defineStep({
  id: 'hardware.deploy',
  title: 'Deploy the operating system',
  stage: 'hardware',
  applies: () => true,
  limit: withinCircuit(({ status }) => status !== 'deploying'),
  done: ({ id }, { facts }) => facts.machine(id).status === 'deployed',
  async act({ id, name }, ctx, { machines, facts }) {
    if (facts.machine(id).status === 'allocated') {
      await ctx.change(`deploy ${name}`, signal => machines.deploy(id, signal));
    }
    await ctx.until(`${name} is Deployed`, async () => deployed(await machines.watch(id)), {
      paced: true,
      warnAfterMs: 15 * 60_000,
      // MAAS itself gives up after 30 minutes without news, 60 in all from 3.6 on.
      failAfterMs: 90 * 60_000,
    });
  },
});

function deployed(machine: Machine): Sight {
  const seen = machine.statusMessage || machine.statusName;
  if (machine.status === 'deployed') return { done: true, seen };
  if (machine.status === 'deploying') return { done: false, seen };
  // Back to Allocated means that the power could not be switched on, or that somebody aborted.
  throw new ColdstartError('MACHINE_FAILED', `${machine.hostname} did not deploy`, {
    because: `MAAS says ${machine.statusName}: ${machine.statusMessage || 'no reason given'}`,
    hint: `look at the events of ${machine.hostname} in MAAS; coldstart up tries again, from a fresh release`,
  });
}
