import { ColdstartError } from '../../core/errors.ts';
import type { Sight } from '../../engine/step.ts';
import type { Machine } from '../../maas/machine.ts';
import { defineStep } from '../step.ts';
import { withinCircuit } from './circuit.ts';

/** Gives the machine back to MAAS: it is powered off, and what was on it is gone. */
export const releaseMachine = defineStep({
  id: 'hardware.release',
  title: 'Release the machine',
  stage: 'hardware',
  applies: ({ wipe }) => wipe,
  done: ({ id }, { facts }) => facts.machine(id).status === 'ready',
  // To erase disks MAAS starts the machine from the network.
  limit: withinCircuit((_, { erase }) => erase !== undefined),
  async act({ id, name, erase }, ctx, { machines, facts }) {
    const { status } = facts.machine(id);
    if (status !== 'releasing' && status !== 'disk_erasing' && status !== 'ready') {
      const sentence =
        erase === undefined ? `release ${name}` : `release ${name} and erase its disks (${erase})`;
      await ctx.change(sentence, signal => machines.release(id, { erase }, signal));
    }
    await ctx.until(`${name} is Ready`, async () => released(await machines.watch(id)), {
      paced: true,
      warnAfterMs: 6 * 60_000,
      // A full erase takes hours on large disks.
      failAfterMs: 24 * 3_600_000,
      onlyLonger: true,
    });
  },
});

/** MAAS goes back to the former status when the power could not be switched off: waiting for Ready alone would never end. */
function released(machine: Machine): Sight {
  if (machine.status === 'ready') return { done: true, seen: machine.statusName };
  if (machine.status === 'releasing' || machine.status === 'disk_erasing') {
    return { done: false, seen: machine.statusMessage || machine.statusName };
  }
  throw new ColdstartError('MACHINE_FAILED', `could not release ${machine.hostname}`, {
    because: `it is ${machine.statusName}${machine.statusMessage ? `: ${machine.statusMessage}` : ''}`,
  });
}
