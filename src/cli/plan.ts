import { Exit } from '../core/errors.ts';
import { isEmpty } from '../plan/plan.ts';
import { planJson, planText } from '../render/plan.ts';
import { deploymentTimes } from '../site/deployment-times.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { openFor } from './open.ts';
import { planSite, reachOf, reachTexts } from './plan-site.ts';

/** Exit status 2 when there is a problem that keeps `up` from starting. */
export async function plan(this: AppContext, flags: ReadFlags): Promise<void> {
  const site = await openFor(this, flags);
  try {
    const { plan: planned } = await planSite(site, 'up');
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
  } finally {
    site.close();
  }
}
