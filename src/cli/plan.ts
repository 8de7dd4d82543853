import path from 'node:path';
import { Exit } from '../core/errors.ts';
import { isEmpty } from '../plan/plan.ts';
import { planJson, planText } from '../render/plan.ts';
import { deploymentTimes } from '../site/deployment-times.ts';
import { type AppContext, note, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { openFor } from './open.ts';
import { planSite, reachOf, reachTexts } from './plan-site.ts';
import { saveSitePlan } from './saved-plan.ts';

export interface PlanFlags extends ReadFlags {
  save?: string;
}

/** Exit status 2 when there is a problem that keeps `up` from starting; such a plan is not saved. */
export async function plan(this: AppContext, flags: PlanFlags): Promise<void> {
  const site = await openFor(this, flags);
  try {
    const seenAt = new Date();
    const sitePlan = await planSite(site, 'up');
    const { plan: planned } = sitePlan;
    const wiped = planned.machines.filter(({ target }) => target.wipe).map(({ machine }) => machine);
    const times = await deploymentTimes(site.client, wiped);
    if (flags.output === 'json') printJson(this, planJson(planned, site.config.name, times));
    else {
      print(this, planText(planned, this.paint.out, times));
      if (planned.problems.length === 0 && isEmpty(planned)) print(this, '\nNothing to do.');
      const limit = reachTexts[reachOf(site)];
      if (limit !== undefined) print(this, `\n${limit}`);
    }
    if (planned.problems.length > 0) this.process.exitCode = Exit.usage;
    else if (flags.save !== undefined) {
      const file = path.resolve(this.cwd, flags.save);
      await saveSitePlan(file, site, sitePlan, seenAt);
      note(this, `\nSaved. This does exactly what is shown above:\n  ${commandOf(flags, flags.save)}`);
    }
  } finally {
    site.close();
  }
}

/** What carries a saved plan out: it has to find the same MAAS and the same settings. */
function commandOf({ lab, config }: PlanFlags, file: string): string {
  const same = [...(lab ? ['--lab'] : []), ...(config === undefined ? [] : ['--config', config])];
  return ['coldstart up', ...same, '--plan', file].join(' ');
}
