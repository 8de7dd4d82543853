import type { StepContext } from '../../engine/step.ts';
import { addonsIn, isInstalled, type PinnedAddon } from '../../plan/addons.ts';
import type { World } from '../ports.ts';
import type { AddonStep } from '../step.ts';

/** Installs or upgrades a chart or manifests, and waits until it works. */
export const installAddon: AddonStep = {
  id: 'configure.addon',
  title: 'Install or upgrade the add-on',
  stage: 'configure',
  applies: ({ wanted }) => wanted !== undefined,
  after: ['configure.cluster'],
  attempts: 2,
  done: ({ wanted }, { facts }) => wanted === undefined || isInstalled(wanted, facts.kubernetes()),
  async act({ wanted, needs }, ctx, { addons }) {
    if (wanted === undefined || (await addons.isInstalled(wanted))) return;
    const { name, version } = wanted;
    await ctx.change(`install ${name} ${version}`, signal => addons.install(wanted, needs, signal));
    await ctx.change(`apply what belongs to ${name}`, signal =>
      ctx.until(`what belongs to ${name} is applied`, () => addons.apply(wanted, signal), patience),
    );
    await ctx.until(`${name} is ready`, () => addons.look(wanted), patience);
    await tidy(wanted, ctx, addons);
    await ctx.change(`note in the cluster that ${name} ${version} is there`, () =>
      addons.note(wanted, needs),
    );
  },
};

/** Images may come over a slow line. */
const patience = { warnAfterMs: 3 * 60_000, failAfterMs: 20 * 60_000 };

async function tidy(wanted: PinnedAddon, ctx: StepContext, addons: World['addons']): Promise<void> {
  const leftovers = await addons.leftovers(wanted);
  if (leftovers.length === 0) return;
  const names = leftovers.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  await ctx.change(`remove what ${wanted.name} does not have any more: ${names}`, signal =>
    addons.removeObjects(leftovers, signal),
  );
}

/** Removes what is not in the file any more. */
export const removeAddon: AddonStep = {
  id: 'configure.remove-addon',
  title: 'Remove the add-on',
  stage: 'configure',
  applies: ({ wanted }) => wanted === undefined,
  after: ['configure.cluster'],
  attempts: 2,
  done: ({ name }, { facts }) =>
    facts.kubernetes().state === 'answers' && !addonsIn(facts.kubernetes()).has(name),
  act: ({ name }, ctx, { addons }) => ctx.change(`remove ${name}`, signal => addons.remove(name, signal)),
};
