import { setMaxListeners } from 'node:events';
import path from 'node:path';
import { formatDuration } from '../core/durations.ts';
import type { Plan } from '../plan/plan.ts';
import { planText, refusedText, remarkText } from '../render/plan.ts';
import { replacedText } from '../render/replaced.ts';
import { summaryJson, summaryTable } from '../render/summary.ts';
import type { Step } from '../steps/step.ts';
import { confirmByName } from './confirm.ts';
import { type AppContext, note, print, printJson } from './context.ts';
import type { OutputFlags, SiteFlags } from './flags.ts';
import { startLab } from './lab/start.ts';
import { openFor } from './open.ts';
import { type Reach, reachOf, reachTexts } from './plan-site.ts';
import { type RunResult, runIntent } from './run-intent.ts';

export interface UpFlags extends SiteFlags, OutputFlags {
  yes: boolean;
  plan?: string;
}

export async function up(this: AppContext, flags: UpFlags): Promise<void> {
  setMaxListeners(0, this.signal);
  if (flags.lab) await startLab(this, { yes: flags.yes });
  const site = await openFor(this, flags);
  try {
    const reach = reachOf(site);
    const result = await runIntent(this, site, 'up', {
      saved: flags.plan === undefined ? undefined : path.resolve(this.cwd, flags.plan),
      approve: plan => approve(this, plan, { cluster: site.config.name, yes: flags.yes, reach }),
    });
    report(this, result, {
      flags,
      reach,
      kubeconfigFile: site.kubeconfigFile,
      cluster: site.config.name,
    });
  } finally {
    site.close();
  }
}

interface ReportOptions {
  flags: UpFlags;
  reach: Reach;
  kubeconfigFile: string;
  cluster: string;
}

function report(context: AppContext, { view, plan, runDir }: RunResult, options: ReportOptions): void {
  const { flags, reach, kubeconfigFile, cluster } = options;
  const kubeconfig = reach === 'hardware' ? {} : { kubeconfig: kubeconfigFile };
  const stopped =
    reach === 'hardware' ? { stoppedAfter: 'hardware' } : reach === 'stand-ins' ? { standIns: true } : {};
  if (flags.output === 'json') {
    const nothing = {
      command: 'up',
      cluster,
      outcome: 'done',
      changes: 0,
      machines: plan.machines.map(machineOf),
      addons: plan.addons.map(({ target }) => ({ name: target.name })),
    };
    printJson(context, {
      ...(view ? summaryJson(view) : nothing),
      ...kubeconfig,
      ...stopped,
      runDir: runDir ?? null,
    });
    return;
  }
  if (view) {
    const total = formatDuration((view.endedAt ?? view.startedAt) - view.startedAt);
    print(context, `${summaryTable(view)}\nTotal: ${total}`);
    const replaced = replacedText(view);
    if (replaced !== '') print(context, `Done, ${replaced}.`);
  } else {
    const remarks = refusedText(plan, context.paint.err) + remarkText(plan, context.paint.err);
    if (remarks !== '') note(context, remarks);
    print(context, `Nothing to do: ${countOf(plan)} are as they should be. Nothing was changed.`);
  }
  if (reach === 'hardware') {
    print(
      context,
      'Stopped after the hardware stage: simulated machines have no operating system to prepare.',
    );
  } else if (reach === 'stand-ins') {
    print(
      context,
      `\nThe cluster "${cluster}" is ready, on stand-ins: its API knows nodes, and nothing runs in it.\n` +
        `  export KUBECONFIG=${kubeconfigFile}`,
    );
  } else {
    print(
      context,
      `\nThe cluster "${cluster}" is ready:\n  export KUBECONFIG=${kubeconfigFile}\n  kubectl get nodes`,
    );
    for (const { target } of plan.addons)
      for (const line of target.wanted?.afterwards ?? []) print(context, `${target.name}: ${line}`);
  }
}

/** Shows the plan, and asks where data would be lost with an add-on. Errors: NOT_CONFIRMED. */
async function approve(
  context: AppContext,
  plan: Plan<Step>,
  { cluster, yes, reach }: { cluster: string; yes: boolean; reach: Reach },
): Promise<void> {
  note(context, planText(plan, context.paint.err));
  const limit = reachTexts[reach];
  if (limit !== undefined) note(context, `\n${limit}`);
  const losses = plan.addons.flatMap(({ target, loses, change }) =>
    loses === undefined || change === 'none' ? [] : [`${target.name} is removed: ${loses}`],
  );
  if (losses.length > 0) await confirmByName(context, losses.join('\n'), cluster, yes);
}

function countOf({ machines, addons }: Plan<Step>): string {
  return `${machines.length} machines${addons.length > 0 ? ` and ${addons.length} add-ons` : ''}`;
}

function machineOf({ target }: RunResult['plan']['machines'][number]): Record<string, unknown> {
  return { systemId: target.id, name: target.name, role: target.role };
}
