import type { Site } from '../compose.ts';
import { reasonOf } from '../core/errors.ts';
import type { Patience } from '../engine/step.ts';
import { expectationsOf } from '../history/expect.ts';
import { type Forecast, forecastOf } from '../history/forecast.ts';
import { emptyHistory, type History, type RunRecord } from '../history/history.ts';
import { patienceFrom } from '../history/patience.ts';
import { type Expectable, slowestFirst } from '../history/slowest-first.ts';
import { addRun, keepHistory } from '../history/store.ts';
import type { JournalEvent } from '../journal/events.ts';
import type { RunView } from '../journal/fold.ts';
import { machinesInDetail, timeDeployments } from '../site/deployment-marks.ts';
import { scaledLimits } from '../site/patience.ts';
import { addonOrder, order } from '../steps/order.ts';
import { type AppContext, note } from './context.ts';

/** What a run has to do with time: what former runs say, and what this one leaves to the next ones. */
export interface RunClock {
  forecast(view: RunView, now: number): Forecast;
  /** Those first that are expected to need the most time. */
  slowestFirst<R extends Expectable>(roads: readonly R[]): R[];
  patienceOf(target: string, step: string, said: Partial<Patience>): Partial<Patience>;
  /** To be called with every event that is in the journal: asks MAAS how deployments went when the last one has ended. */
  noticed(event: JournalEvent): void;
  /** Resolves when everything that MAAS says about this run's deployments is in the journal. */
  settled(): Promise<void>;
  /** Adds the run to the cluster's history. */
  keep(view: RunView): Promise<RunRecord | undefined>;
}

export interface RunClockOptions {
  context: AppContext;
  site: Site;
  view(): RunView | undefined;
  append(event: JournalEvent): Promise<void>;
}

/** Longer than this nobody waits for what is nice to know. */
const eventsWithinMs = 30_000;

/** Only for the holder of the cluster's lock. Nothing about time ever makes a run fail. */
export async function openRunClock({ context, site, view, append }: RunClockOptions): Promise<RunClock> {
  const history = await forgiving(context, keepHistory(site.clusterDir), 'read the history');
  const expectations = expectationsOf(history ?? emptyHistory());
  const deploying = new Set<string>();
  let asking: Promise<void> = Promise.resolve();

  const ask = async (): Promise<void> => {
    const seen = view();
    if (!seen || context.signal.aborted) return;
    const signal = AbortSignal.any([context.signal, AbortSignal.timeout(eventsWithinMs)]);
    const events = await timeDeployments(site.client, seen, signal).catch(() => []);
    await Promise.all(events.map(append));
  };
  return {
    forecast: (seen, now) => forecastOf(seen, now, expectations, afterOf),
    slowestFirst: roads => slowestFirst(roads, expectations),
    patienceOf: (target, step, said) =>
      scaledLimits(site.patience, { ...said, ...patienceFrom(expectations.of(target, step), said) }),
    noticed(event) {
      if (event.type === 'run.planned')
        for (const { target, steps } of event.targets) if (steps.includes(deployStep)) deploying.add(target);
      if (!endsDeployment(event) || !deploying.delete(event.target) || deploying.size > 0) return;
      // Of some dozens MAAS tells more, also what comes after the deployment: they are asked about at the end.
      if ((view()?.targets.size ?? 0) <= machinesInDetail) return;
      // A journal that cannot be written is told by the steps.
      asking = asking.then(ask).catch(() => undefined);
    },
    async settled() {
      await asking;
      await ask();
    },
    keep: view => keepRun(context, site, history, view),
  };
}

const awaited = new Map(
  [...order, ...addonOrder].map(({ id, after = [] }) => [id as string, after] as const),
);

function afterOf(step: string): readonly string[] {
  return awaited.get(step) ?? [];
}

const deployStep = 'hardware.deploy';

/** Machines that are blocked or stopped never say so; then `settled` asks. */
function endsDeployment(event: JournalEvent): event is JournalEvent & { target: string } {
  if (!('step' in event) || event.step !== deployStep) return false;
  return event.type === 'step.done' || (event.type === 'step.failed' && !event.retry);
}

async function keepRun(
  context: AppContext,
  { clusterDir }: Site,
  history: History | undefined,
  view: RunView,
): Promise<RunRecord | undefined> {
  return history && forgiving(context, addRun(clusterDir, history, view), 'keep the history');
}

async function forgiving<T>(context: AppContext, work: Promise<T>, doing: string): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    note(context, `${context.paint.err('yellow', 'warning:')} could not ${doing}: ${reasonOf(error)}`);
    return undefined;
  }
}
