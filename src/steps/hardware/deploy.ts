import { ColdstartError } from '../../core/errors.ts';
import type { Sight, StepContext } from '../../engine/step.ts';
import type { Machine } from '../../maas/machine.ts';
import type { Target } from '../../plan/plan.ts';
import type { World } from '../ports.ts';
import { defineStep } from '../step.ts';
import { allocateMachine } from './allocate.ts';
import { withinCircuit } from './circuit.ts';
import { releaseMachine } from './release.ts';

/** Has MAAS install the operating system. A machine that is already deploying is waited for. */
export const deployMachine = defineStep({
  id: 'hardware.deploy',
  title: 'Deploy the operating system',
  stage: 'hardware',
  applies: () => true,
  limit: withinCircuit(({ status }) => status !== 'deploying'),
  done: ({ id }, { facts }) => facts.machine(id).status === 'deployed',
  async act(target, ctx, world) {
    const { id, name } = target;
    const { machines, facts } = world;
    // MAAS deploys a machine whose deployment failed only after a release.
    if (facts.machine(id).status === 'failed_deployment') await beginAnew(target, ctx, world);
    if (facts.machine(id).status === 'allocated') {
      const how = { hasWaited: target.circuit !== undefined };
      await ctx.change(`deploy ${name}`, signal => machines.deploy(id, how, signal));
    }
    await ctx.until(`${name} is Deployed`, async () => deployed(await machines.watch(id)), {
      paced: true,
      warnAfterMs: 15 * 60_000,
      // MAAS itself gives up after 30 minutes without news, 60 in all from 3.6 on.
      failAfterMs: 90 * 60_000,
    });
  },
});

async function beginAnew(target: Target, ctx: StepContext, world: World): Promise<void> {
  await releaseMachine.act(target, ctx, world);
  await allocateMachine.act(target, ctx, world);
}

function deployed(machine: Machine): Sight {
  const seen = machine.statusMessage || machine.statusName;
  if (machine.status === 'deployed') return { done: true, seen };
  if (machine.status === 'deploying') return { done: false, seen };
  // Back to Allocated means that the power could not be switched on, or that somebody aborted.
  const isPower = machine.status === 'allocated' && /power/i.test(machine.statusMessage);
  throw new ColdstartError(
    isPower ? 'POWER_FAILED' : 'MACHINE_FAILED',
    `${machine.hostname} did not deploy`,
    {
      because: `MAAS says ${machine.statusName}: ${machine.statusMessage || 'no reason given'}`,
      hint: `look at the events of ${machine.hostname} in MAAS; coldstart up tries again, from a fresh release`,
    },
  );
}
