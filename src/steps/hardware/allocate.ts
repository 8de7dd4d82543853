import type { Machine } from '../../maas/machine.ts';
import { annotationKeys } from '../../plan/facts.ts';
import type { Known, Target } from '../ports.ts';
import { defineStep } from '../step.ts';

/** Makes the machine ours in MAAS, and writes on it which cluster and role it is for. */
export const allocateMachine = defineStep({
  id: 'hardware.allocate',
  title: 'Allocate the machine',
  stage: 'hardware',
  applies: () => true,
  done: (target, world) => isOurs(target, world, world.facts.machine(target.id)),
  async act(target, ctx, world) {
    const { id, name, role } = target;
    const { machines, settings } = world;
    await ctx.until(`${name} is free or ours`, async () => {
      const { status, statusName } = await machines.look(id);
      return { done: status !== 'releasing' && status !== 'disk_erasing', seen: statusName };
    });
    if ((await machines.look(id)).status === 'ready') {
      await ctx.change(`allocate ${name}`, signal => machines.allocate(id, signal));
    }
    await ctx.change(
      `note in MAAS that ${name} is a ${role.replace('-', ' ')} of ${settings.cluster}`,
      signal => machines.annotate(id, annotationsOf(target, world), signal),
    );
  },
});

function annotationsOf({ role }: Target, { settings }: Known): Record<string, string> {
  return { [annotationKeys.cluster]: settings.cluster, [annotationKeys.role]: role };
}

function isOurs(target: Target, known: Known, { status, annotations }: Machine): boolean {
  const held = status === 'allocated' || status === 'deploying' || status === 'deployed';
  return (
    held && Object.entries(annotationsOf(target, known)).every(([key, value]) => annotations[key] === value)
  );
}
