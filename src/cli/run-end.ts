import { ColdstartError, errorCodes } from '../core/errors.ts';
import type { FailureRecord } from '../journal/events.ts';
import type { RunView } from '../journal/fold.ts';
import type { Paint } from '../render/paint.ts';
import { type AppContext, note } from './context.ts';

/** Tells every failure of a run that has ended. Errors: STOPPED; RUN_FAILED, or the code of the only kind of failure there was. */
export function requireGoodEnd(context: AppContext, view: RunView, runDir: string): void {
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

function sizeOf({ targets }: RunView): string {
  const addons = [...targets.values()].filter(({ role }) => role === 'add-on').length;
  return `${targets.size - addons} machines${addons > 0 ? ` and ${addons} add-ons` : ''}`;
}
