import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import type { Site } from '../compose.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import { type RunOptions, runRoads } from '../engine/run.ts';
import type { RunRecord } from '../history/history.ts';
import { type Journal, openJournal } from '../journal/file.ts';
import type { RunView } from '../journal/fold.ts';
import type { AddonTarget } from '../plan/addons.ts';
import type { Intent } from '../plan/assess.ts';
import type { KubernetesFacts } from '../plan/facts.ts';
import { type EraseKind, isEmpty, type Plan, type Target } from '../plan/plan.ts';
import { createDisplay, type Display } from '../render/display.ts';
import { createExplain } from '../site/explain.ts';
import { openWorld } from '../site/world.ts';
import { takeLock } from '../state/lock.ts';
import { treatmentOf } from '../steps/failures.ts';
import type { Known, World } from '../steps/ports.ts';
import { prepareMachine } from '../steps/prepare/prepare.ts';
import type { Step } from '../steps/step.ts';
import { version } from '../version.ts';
import type { AppContext } from './context.ts';
import { type PlanSiteOptions, planSite } from './plan-site.ts';
import { openRunClock, type RunClock } from './run-clock.ts';
import { requireGoodEnd } from './run-end.ts';
import { plannedRoads } from './run-roads.ts';
import { runSettings } from './run-settings.ts';
import { keepHeapSmall } from './small-heap.ts';
import { createStandIns, sufficesFor } from './stand-ins.ts';

export interface RunResult {
  /** Undefined when there was nothing to do. */
  view: RunView | undefined;
  /** What the history keeps of it; undefined when it could not be kept. */
  record: RunRecord | undefined;
  plan: Plan<Step>;
  runDir: string | undefined;
}

export interface RunIntentOptions extends PlanSiteOptions {
  /** Called with the plan before anything is changed; throws when a person says no. */
  approve(plan: Plan<Step>): Promise<void>;
  /** The world that the steps act on; the real one when missing. */
  world?: typeof openWorld;
  clock?: Clock;
}

/**
 * Observes, plans, and walks every machine along its road. Errors: PLAN_INVALID before anything is touched; LOCKED;
 * STOPPED; RUN_FAILED or the code of the only kind of failure there was.
 */
export async function runIntent(
  context: AppContext,
  site: Site,
  intent: Intent,
  { approve, world: open = openWorld, clock = systemClock, ...wish }: RunIntentOptions,
): Promise<RunResult> {
  const lock = await takeLock(site.clusterDir, `coldstart ${intent}`);
  try {
    const { plan, facts, settings } = await planSite(site, intent, wish);
    if (plan.problems.length > 0) throw invalid(plan);
    if (isEmpty(plan)) return { view: undefined, record: undefined, plan, runDir: undefined };
    await approve(plan);
    keepHeapSmall();
    const runDir = path.join(site.clusterDir, 'runs', newRunId());
    const first = plan.machines.find(({ target }) => target.first)?.target.id;
    const broken = new AbortController();
    const signal = AbortSignal.any([context.signal, broken.signal]);
    setMaxListeners(0, signal);
    const toPrepare = plan.machines.filter(isToPrepare).length;
    const world = await open({ site, facts, settings, intent, first, runDir, toPrepare, signal, clock });
    try {
      const onBroken = (error: ColdstartError): void => broken.abort(error);
      const { user, kubernetes } = facts;
      const { view, record } = await walk(context, site, plan, {
        world,
        runDir,
        clock,
        user,
        kubernetes,
        erase: wish.erase,
        signal,
        onBroken,
      });
      return { view, record, plan, runDir };
    } finally {
      await world.close();
    }
  } finally {
    await lock.release();
  }
}

interface Walk {
  world: World;
  runDir: string;
  clock: Clock;
  user: string;
  /** Kubernetes as the plan saw it. */
  kubernetes: KubernetesFacts;
  erase: EraseKind | undefined;
  /** Aborted by a person, or by a journal that cannot be written. */
  signal: AbortSignal;
  onBroken(error: ColdstartError): void;
}

async function walk(context: AppContext, site: Site, plan: Plan<Step>, walk: Walk): Promise<Walked> {
  const recording = await openRecording(context, site, walk);
  const { journal, display, watch } = recording;
  try {
    const { roads, records } = plannedRoads(plan);
    await journal.append({
      type: 'run.started',
      run: path.basename(walk.runDir),
      command: plan.intent,
      cluster: site.config.name,
      version,
      settings: runSettings(site, plan.addons, walk.erase),
    });
    await journal.append({ type: 'run.planned', targets: records });
    const outcome = await runRoads({
      roads: watch.slowestFirst(roads),
      ...engineOptions(site, plan, walk, recording),
    });
    await watch.settled();
    await journal.append({ type: 'run.finished', outcome });
  } finally {
    display.end();
    await journal.close();
  }
  const view = display.view();
  if (!view) throw new Error('a run without entries');
  const record = await watch.keep(view);
  requireGoodEnd(context, view, walk.runDir);
  return { view, record };
}

interface Walked {
  view: RunView;
  record: RunRecord | undefined;
}

interface Recording {
  journal: Journal;
  display: Display;
  watch: RunClock;
}

/** Where events go: the journal, then the display and the clock. */
async function openRecording(
  context: AppContext,
  site: Site,
  { runDir, clock, onBroken }: Walk,
): Promise<Recording> {
  const { stderr } = context.process;
  const watch = await openRunClock({
    context,
    site,
    view: () => display.view(),
    append: event => journal.append(event),
  });
  const display = createDisplay({
    stream: stderr,
    paint: context.paint.err,
    live: stderr.isTTY,
    forecast: watch.forecast,
  });
  const journal = await openJournal({
    dir: runDir,
    now: clock.now,
    onBroken,
    onEntry(entry) {
      display.entry(entry);
      watch.noticed(entry);
    },
  });
  return { journal, display, watch };
}

/** Patience, treatment of failures, and who takes whose place. */
function engineOptions(
  { config }: Site,
  plan: Plan<Step>,
  { world, clock, user, kubernetes, signal }: Walk,
  { journal, display, watch }: Recording,
): Omit<RunOptions<Target | AddonTarget, Known, World>, 'roads'> {
  const append: Journal['append'] = event => journal.append(event);
  const machines = new Set<string>([...plan.machines, ...plan.spares].map(({ target }) => target.id));
  return {
    world,
    append,
    onProgress: display.progress,
    clock,
    signal,
    patienceOf: watch.patienceOf,
    treatmentOf,
    explain: createExplain({
      machines: world.machines,
      facts: world.facts,
      config,
      user,
      intent: plan.intent,
      isMachine: target => machines.has(target),
    }),
    standIn: createStandIns({ plan, config, user, kubernetes, world, signal, append }),
    suffices: sufficesFor(config),
  };
}

function isToPrepare({ steps }: Plan<Step>['machines'][number]): boolean {
  return steps.some(({ step, done }) => step.id === prepareMachine.id && !done);
}

/** Sorts by time, and two runs in one second differ. */
function newRunId(): string {
  return `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}-${randomBytes(2).toString('hex')}`;
}

function invalid(plan: Plan<Step>): ColdstartError {
  const [first = '', ...rest] = plan.problems;
  const message =
    rest.length === 0
      ? first
      : `${plan.problems.length} problems:\n${plan.problems.map(p => `  - ${p}`).join('\n')}`;
  return new ColdstartError('PLAN_INVALID', message, { data: { problems: plan.problems } });
}
