import { randomBytes } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import path from 'node:path';
import type { Site } from '../compose.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { ColdstartError, errorCodes } from '../core/errors.ts';
import { type Road, runRoads } from '../engine/run.ts';
import type { RunRecord } from '../history/history.ts';
import type { FailureRecord, TargetRecord } from '../journal/events.ts';
import { openJournal } from '../journal/file.ts';
import type { RunView } from '../journal/fold.ts';
import type { AddonTarget, PlannedAddon } from '../plan/addons.ts';
import type { Intent } from '../plan/assess.ts';
import type { KubernetesFacts } from '../plan/facts.ts';
import { type EraseKind, isEmpty, type Plan, type Target } from '../plan/plan.ts';
import { createDisplay } from '../render/display.ts';
import type { Paint } from '../render/paint.ts';
import { createExplain } from '../site/explain.ts';
import { openWorld } from '../site/world.ts';
import { takeLock } from '../state/lock.ts';
import { installAddon, removeAddon } from '../steps/configure/addon.ts';
import { treatmentOf } from '../steps/failures.ts';
import { addonOrder } from '../steps/order.ts';
import type { Known, World } from '../steps/ports.ts';
import { prepareMachine } from '../steps/prepare/prepare.ts';
import type { Step } from '../steps/step.ts';
import { version } from '../version.ts';
import { type AppContext, note } from './context.ts';
import { type PlanSiteOptions, planSite } from './plan-site.ts';
import { openRunClock } from './run-clock.ts';
import { runSettings } from './run-settings.ts';
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

async function walk(
  context: AppContext,
  site: Site,
  plan: Plan<Step>,
  { world, runDir, clock, user, kubernetes, erase, signal, onBroken }: Walk,
): Promise<{ view: RunView; record: RunRecord | undefined }> {
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
  try {
    const command = plan.intent;
    await journal.append({
      type: 'run.started',
      run: path.basename(runDir),
      command,
      cluster: site.config.name,
      version,
      settings: runSettings(site, plan.addons, erase),
    });
    const roads = addonRoads(plan.addons);
    const machines = new Set<string>([...plan.machines, ...plan.spares].map(({ target }) => target.id));
    const targets = [...plan.machines.map(targetRecord), ...roads.map(addonRecord)];
    await journal.append({ type: 'run.planned', targets });
    const outcome = await runRoads<Target | AddonTarget, Known, World>({
      roads: [...plan.machines.map(roadOf), ...roads],
      world,
      append: event => journal.append(event),
      onProgress: display.progress,
      clock,
      signal,
      patienceOf: watch.patienceOf,
      treatmentOf,
      explain: createExplain({
        machines: world.machines,
        facts: world.facts,
        config: site.config,
        user,
        intent: plan.intent,
        isMachine: target => machines.has(target),
      }),
      standIn: createStandIns({
        plan,
        config: site.config,
        user,
        kubernetes,
        world,
        signal,
        append: event => journal.append(event),
      }),
      suffices: sufficesFor(site.config),
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
  return { view: finished(context, view, runDir), record };
}

function isToPrepare({ steps }: Plan<Step>['machines'][number]): boolean {
  return steps.some(({ step, done }) => step.id === prepareMachine.id && !done);
}

function finished(context: AppContext, view: RunView, runDir: string): RunView {
  const failures = failuresOf(view);
  for (const failure of failures) note(context, failureText(failure, context.paint.err));
  if (view.outcome === 'stopped') {
    throw new ColdstartError(
      'STOPPED',
      `stopped; nothing is lost, and everything is written down in ${runDir}`,
      {
        hint: `run coldstart ${view.command} again: it goes on where it stopped`,
      },
    );
  }
  if (view.outcome === 'failed') throw failed(view, failures, runDir);
  return view;
}

interface Failure {
  machine: string;
  step: string;
  error: FailureRecord;
  /** Why no spare took its place. */
  kept?: string;
}

function failuresOf(view: RunView): Failure[] {
  return [...view.targets.values()].flatMap(({ name, steps, kept }) =>
    steps.flatMap(({ id, state, error }) =>
      state === 'failed' && error
        ? [{ machine: name, step: id, error, ...(kept === undefined ? {} : { kept }) }]
        : [],
    ),
  );
}

function failureText({ machine, step, error, kept }: Failure, paint: Paint): string {
  const because = error.because === undefined ? '' : `\n  because ${error.because}`;
  const spare = kept === undefined ? '' : `\n  no spare took its place: ${kept}`;
  return `${paint('red', '✗')} ${machine}, ${step}: ${error.message}${because}${spare}\n  try: ${error.hint}   [${error.code}]`;
}

/** Its exit status follows from the failures where they agree, and is that of a failed run where they do not. */
function failed(view: RunView, failures: readonly Failure[], runDir: string): ColdstartError {
  const exits = new Set(failures.map(({ error }) => errorCodes[error.code].exit));
  const code = exits.size === 1 && failures[0] ? failures[0].error.code : 'RUN_FAILED';
  return new ColdstartError(code, `${failures.length} of ${sizeOf(view)} failed; the log is in ${runDir}`, {
    hint: errorCodes.RUN_FAILED.hint,
    data: { failures: failures.map(({ error, ...where }) => ({ ...where, ...error })) },
  });
}

function roadOf({ target, steps }: Plan<Step>['machines'][number]): Road<Target, Known, World> {
  return { target, id: target.id, steps: steps.map(({ step }) => step) };
}

/** An add-on waits for those it needs; one that is removed, for those that needed it. */
function addonRoads(planned: readonly PlannedAddon[]): Road<AddonTarget, Known, World>[] {
  const leaving = planned.filter(({ change }) => change === 'remove');
  return planned.map(({ target, change }) => {
    const needers =
      change === 'remove' ? leaving.filter(({ installed }) => installed?.needs.includes(target.name)) : [];
    return {
      target,
      id: target.id,
      steps: addonOrder.filter(step => step.applies(target)),
      after: [
        ...target.needs.map(name => `${installAddon.id} of addon/${name}`),
        ...needers.map(({ target: { id } }) => `${removeAddon.id} of ${id}`),
      ],
    };
  });
}

function addonRecord({ target, steps }: Road<AddonTarget, Known, World>): TargetRecord {
  return { target: target.id, name: target.name, role: 'add-on', steps: steps.map(({ id }) => id) };
}

function sizeOf({ targets }: RunView): string {
  const addons = [...targets.values()].filter(({ role }) => role === 'add-on').length;
  return `${targets.size - addons} machines${addons > 0 ? ` and ${addons} add-ons` : ''}`;
}

function targetRecord({ target, steps }: Plan<Step>['machines'][number]): TargetRecord {
  return { target: target.id, name: target.name, role: target.role, steps: steps.map(({ step }) => step.id) };
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
