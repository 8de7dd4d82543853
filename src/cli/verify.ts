import { runChecks } from '../checks/check.ts';
import { checksNamed, verifyChecks } from '../checks/verify.ts';
import { openSite } from '../compose.ts';
import { ColdstartError, Exit } from '../core/errors.ts';
import { openVerifyWorld } from '../site/verify-world.ts';
import { checkReason, checksTable } from './checks-table.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { reachOf } from './plan-site.ts';

export interface VerifyFlags extends ReadFlags {
  image?: string;
}

/** Exit status 5 when a condition does not hold. */
export async function verify(this: AppContext, flags: VerifyFlags, ...names: string[]): Promise<void> {
  const site = await openSite({ env: this.env, cwd: this.cwd, ...flags });
  try {
    if (reachOf(site) !== 'everything')
      throw new ColdstartError('NO_CLUSTER', 'there is no cluster to verify on simulated machines', {
        hint: 'make one on real hosts of the lab: coldstart lab down, then coldstart up --lab as root',
      });
    const world = await openVerifyWorld({
      site,
      image: flags.image ?? site.config.verify.image,
      signal: this.signal,
    });
    let results: Awaited<ReturnType<typeof runChecks>>;
    try {
      results = await runChecks(checksNamed(verifyChecks, names), world, checkReason);
    } finally {
      await world.close();
    }
    this.signal.throwIfAborted();
    const healthy = results.every(({ state }) => state !== 'failed');
    if (flags.output === 'json') printJson(this, { healthy, checks: results });
    else print(this, checksTable(results, this.paint.out));
    if (!healthy) this.process.exitCode = Exit.machineNotReady;
  } finally {
    site.close();
  }
}
