import { setMaxListeners } from 'node:events';
import path from 'node:path';
import type { Site } from '../compose.ts';
import { asColdstartError, ColdstartError } from '../core/errors.ts';
import { type Cycle, type Measurement, measurementOf } from '../history/cycles.ts';
import type { Stage } from '../journal/events.ts';
import { annotationKeys } from '../plan/facts.ts';
import type { Plan } from '../plan/plan.ts';
import { measureJson, measureText } from '../render/measure.ts';
import { planText } from '../render/plan.ts';
import { deploymentTimes } from '../site/deployment-times.ts';
import { writeAtomically } from '../state/atomic.ts';
import type { Step } from '../steps/step.ts';
import { confirmByName } from './confirm.ts';
import { type AppContext, note, print, printJson } from './context.ts';
import type { OutputFlags, SiteFlags } from './flags.ts';
import { openFor } from './open.ts';
import { planSite } from './plan-site.ts';
import { runIntent } from './run-intent.ts';

export interface MeasureFlags extends SiteFlags, OutputFlags {
  cycles: number;
  through: Stage;
  file?: string;
  yes: boolean;
}

export async function measure(this: AppContext, flags: MeasureFlags): Promise<void> {
  setMaxListeners(0, this.signal);
  const startedAt = new Date();
  const site = await openFor(this, flags);
  try {
    const confirmed = await confirmAll(this, site, flags);
    const file = path.resolve(this.cwd, flags.file ?? defaultFile(startedAt));
    const cycles: Cycle[] = [];
    const failure = await repeat(this, site, flags, confirmed, async cycle => {
      cycles.push(cycle);
      await writeAtomically(file, jsonText(site, flags, measurementOf(cycles)), 0o644);
    });
    await finish(this, { site, flags, file, measurement: measurementOf(cycles), failure });
  } finally {
    site.close();
  }
}

/** Shows what will be lost, and asks once for all cycles. Errors: NOT_CONFIRMED. */
async function confirmAll(
  context: AppContext,
  site: Site,
  flags: MeasureFlags,
): Promise<ReadonlySet<string>> {
  const [wiped, deployed] = [
    await planSite(site, 'release'),
    await planSite(site, 'up', { through: flags.through }),
  ];
  const problems = deployed.plan.problems;
  if (problems.length > 0)
    throw new ColdstartError('PLAN_INVALID', problems.join('\n'), { data: { problems } });
  const first = wiped.plan.machines.length > 0 ? wiped.plan : deployed.plan;
  const lost = first.machines.filter(({ target }) => target.wipe).map(({ machine }) => machine);
  note(context, planText(first, context.paint.err, await deploymentTimes(site.client, lost)));
  const often = flags.cycles === 1 ? 'once' : `${flags.cycles} times`;
  await confirmByName(
    context,
    `This will release the machines above, and bring them up again as far as ${flags.through}, ${often}.\n` +
      'Everything on them is lost, each time.',
    site.config.name,
    flags.yes,
  );
  return new Set([...wiped.plan.machines, ...deployed.plan.machines].map(({ target }) => target.id));
}

/** Walks through the cycles, and stops at the first failure, which it returns. */
async function repeat(
  context: AppContext,
  site: Site,
  { cycles, through }: MeasureFlags,
  confirmed: ReadonlySet<string>,
  onCycle: (cycle: Cycle) => Promise<void>,
): Promise<unknown> {
  try {
    for (let cycle = 1; cycle <= cycles; cycle += 1) {
      note(context, `\ncycle ${cycle} of ${cycles}`);
      const approve = async (plan: Plan<Step>): Promise<void> =>
        refuseOthers(plan, confirmed, cycle > 1 ? site.config.name : undefined);
      const release = await runIntent(context, site, 'release', { approve });
      const up = await runIntent(context, site, 'up', { approve, through });
      if (!up.view) throw nothingToMeasure();
      await onCycle({ release: release.view, up: up.view });
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

/**
 * Nobody confirmed machines that came later; and what is deployed after the first cycle is what coldstart put there.
 * Errors: NOT_CONFIRMED.
 */
export function refuseOthers(
  plan: Pick<Plan<Step>, 'machines'>,
  confirmed: ReadonlySet<string>,
  cluster: string | undefined,
): void {
  for (const { machine, target } of plan.machines) {
    if (!target.wipe) continue;
    const isOurs = cluster === undefined || machine.annotations[annotationKeys.cluster] === cluster;
    if (confirmed.has(target.id) && isOurs) continue;
    throw new ColdstartError('NOT_CONFIRMED', `${target.name} was not released`, {
      because: isOurs
        ? 'it was not among the machines that were confirmed'
        : 'somebody else deployed it meanwhile',
      hint: 'run coldstart measure again to see what would be lost now',
    });
  }
}

function nothingToMeasure(): ColdstartError {
  return new ColdstartError('PLAN_INVALID', 'there is nothing to measure: no machine was brought up', {
    hint: 'coldstart status shows the machines, and why they are left alone',
  });
}

interface Finish {
  site: Site;
  flags: MeasureFlags;
  file: string;
  measurement: Measurement;
  failure: unknown;
}

/** What is known is told whatever happened. Throws the failure. */
async function finish(
  context: AppContext,
  { site, flags, file, measurement, failure }: Finish,
): Promise<void> {
  const text = jsonText(site, flags, measurement, failure);
  await writeAtomically(file, text, 0o644);
  if (flags.output === 'json' && failure === undefined) printJson(context, JSON.parse(text));
  else if (measurement.cycles.length > 0) {
    const show = flags.output === 'json' ? note : print;
    show(context, `\n${measureText(measurement)}`);
  }
  note(context, `The same as JSON: ${file}`);
  if (failure === undefined) return;
  note(context, `Stopped in cycle ${measurement.cycles.length + 1} of ${flags.cycles}.`);
  throw failure;
}

function jsonText(
  { config }: Site,
  { through, cycles }: MeasureFlags,
  measurement: Measurement,
  failure?: unknown,
): string {
  const failed = failure === undefined ? null : asColdstartError(failure);
  const value = {
    cluster: config.name,
    through,
    wanted: cycles,
    outcome: failed ? 'stopped' : measurement.cycles.length < cycles ? 'unfinished' : 'done',
    failure: failed && { code: failed.code, message: failed.message, because: failed.because ?? null },
    ...measureJson(measurement),
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

function defaultFile(startedAt: Date): string {
  return `coldstart-measure-${startedAt.toISOString().slice(0, 19).replaceAll(':', '')}.json`;
}
