import type { SystemId } from '../../core/ids.ts';
import type { Sight } from '../../engine/step.ts';
import type { Machine } from '../../maas/machine.ts';
import { annotationKeys } from '../../plan/facts.ts';
import type { Target } from '../../plan/plan.ts';
import type { Known, World } from '../ports.ts';
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
    const { machines, settings, facts } = world;
    if (isLeaving(facts.machine(id))) await ctx.until(`${name} is free`, watchLeaving(id, world), paced);
    const isFree = facts.machine(id).status === 'ready';
    if (isFree) {
      await ctx.change(`allocate ${name}`, signal => machines.allocate(id, signal));
    }
    // One that was set aside is used again when nothing else is left.
    const again =
      facts.machine(id).annotations[annotationKeys.setAside] === undefined
        ? {}
        : { [annotationKeys.setAside]: '' };
    await ctx.change(
      `note in MAAS that ${name} is a ${role.replace('-', ' ')} of ${settings.cluster}`,
      signal =>
        machines[isFree ? 'claim' : 'annotate'](id, { ...annotationsOf(target, world), ...again }, signal),
    );
  },
});

const paced = { paced: true };

function isLeaving({ status }: Machine): boolean {
  return status === 'releasing' || status === 'disk_erasing';
}

function watchLeaving(id: SystemId, { machines }: World): () => Promise<Sight> {
  return async () => {
    const machine = await machines.watch(id);
    return { done: !isLeaving(machine), seen: machine.statusName };
  };
}

function annotationsOf({ role }: Target, { settings }: Known): Record<string, string> {
  return { [annotationKeys.cluster]: settings.cluster, [annotationKeys.role]: role };
}

function isOurs(target: Target, known: Known, { status, annotations }: Machine): boolean {
  const held = status === 'allocated' || status === 'deploying' || status === 'deployed';
  return (
    held &&
    annotations[annotationKeys.setAside] === undefined &&
    Object.entries(annotationsOf(target, known)).every(([key, value]) => annotations[key] === value)
  );
}
