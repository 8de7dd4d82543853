import { setMaxListeners } from 'node:events';
import type { Site } from '../compose.ts';
import type { Intent } from '../plan/assess.ts';
import type { EraseKind } from '../plan/plan.ts';
import { planText } from '../render/plan.ts';
import { summaryJson, summaryTable } from '../render/summary.ts';
import { deploymentTimes } from '../site/deployment-times.ts';
import { confirmByName } from './confirm.ts';
import { type AppContext, note, print, printJson } from './context.ts';
import type { OutputFlags, SiteFlags } from './flags.ts';
import { openFor } from './open.ts';
import { type RunResult, runIntent } from './run-intent.ts';

export interface WipeFlags extends SiteFlags, OutputFlags {
  yes: boolean;
  erase?: EraseKind;
}

export function reset(this: AppContext, flags: WipeFlags): Promise<void> {
  return wipe(this, flags, 'reset');
}

export function release(this: AppContext, flags: WipeFlags): Promise<void> {
  return wipe(this, flags, 'release');
}

async function wipe(context: AppContext, flags: WipeFlags, intent: Intent): Promise<void> {
  setMaxListeners(0, context.signal);
  const site = await openFor(context, flags);
  try {
    const result = await runIntent(context, site, intent, {
      erase: flags.erase,
      async approve(plan) {
        const wiped = plan.machines.filter(({ target }) => target.wipe).map(({ machine }) => machine);
        const times = await deploymentTimes(site.client, wiped);
        note(context, planText(plan, context.paint.err, times));
        if (wiped.length > 0)
          await confirmByName(
            context,
            `This will ${intent} the machines above.`,
            site.config.name,
            flags.yes,
          );
      },
    });
    report(context, flags, result, intent, site);
  } finally {
    site.close();
  }
}

function report(
  context: AppContext,
  flags: WipeFlags,
  { view, plan }: RunResult,
  intent: Intent,
  site: Site,
): void {
  const cycleSeconds = view ? ((view.endedAt ?? view.startedAt) - view.startedAt) / 1000 : 0;
  if (flags.output === 'json') {
    const nothing = { command: intent, cluster: site.config.name, outcome: 'done', changes: 0, machines: [] };
    printJson(context, { ...(view ? summaryJson(view) : nothing), cycleSeconds });
    return;
  }
  if (!view) {
    print(
      context,
      `Nothing to ${intent}: ${plan.refused.length === 0 ? 'no machine needs it' : 'see what was left alone with coldstart status'}.`,
    );
    return;
  }
  print(context, summaryTable(view));
  const names = plan.machines.map(({ target }) => target.name).join(', ');
  print(context, `\n${intent === 'reset' ? 'Deployed' : 'Ready in MAAS, and powered off'}: ${names}`);
  if (intent === 'reset') print(context, `MAAS cycle time: ${cycleSeconds.toFixed(1)} seconds`);
}
