import { nodeOf } from '../../plan/facts.ts';
import { defineStep } from '../step.ts';

/** Deployed only means that cloud-init has begun: wait until SSH answers, with the known host key, and it has ended. */
export const machineAnswers = defineStep({
  id: 'hardware.answer',
  title: 'Wait for SSH',
  stage: 'hardware',
  applies: () => true,
  done: ({ id }, { facts }) => nodeOf(facts.kubernetes(), facts.machine(id))?.ready === true,
  async act({ id, name }, ctx, { access }) {
    await ctx.until(`${name} answers over SSH`, () => access.look(id), {
      warnAfterMs: 3 * 60_000,
      failAfterMs: 20 * 60_000,
    });
  },
});
