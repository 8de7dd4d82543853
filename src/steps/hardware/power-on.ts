import { defineStep } from '../step.ts';
import { withinCircuit } from './circuit.ts';

/** A deployed machine that is switched off is switched on. Power that MAAS cannot see (`unknown`) is left to people. */
export const powerOnMachine = defineStep({
  id: 'hardware.power-on',
  title: 'Switch the machine on',
  stage: 'hardware',
  applies: () => true,
  limit: withinCircuit(() => true),
  done: ({ id }, { facts }) => {
    const { status, powerState } = facts.machine(id);
    return status === 'deployed' && powerState !== 'off' && powerState !== 'error';
  },
  async act({ id, name }, ctx, { machines }) {
    await ctx.change(`power on ${name}`, signal => machines.powerOn(id, signal));
    await ctx.until(
      `${name} is powered on`,
      async () => {
        const { powerState } = await machines.look(id);
        return { done: powerState === 'on' || powerState === 'unknown', seen: `power is ${powerState}` };
      },
      { warnAfterMs: 60_000, failAfterMs: 10 * 60_000 },
    );
  },
});
