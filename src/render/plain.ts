import { formatDuration } from '../core/durations.ts';
import type { JournalEntry, Progress } from '../journal/events.ts';
import type { RunView } from '../journal/fold.ts';

/** One line for an entry, for pipes and logs; undefined for entries that say nothing to a person. */
export function plainLine(entry: JournalEntry, view: RunView): string | undefined {
  const clock = clockText(entry.at, view);
  const who = 'target' in entry ? (view.targets.get(entry.target)?.name ?? entry.target) : '';
  const step = 'step' in entry ? entry.step : '';
  switch (entry.type) {
    case 'step.changing':
      return `${clock} ${entry.change}`;
    case 'step.done':
      return entry.already ? undefined : `${clock} ${who}: ${step} done${tookOf(entry, view)}`;
    case 'step.failed':
      return `${clock} ${who}: ${step} failed${entry.retry ? ', trying again' : ''}: ${entry.error.message}${
        entry.error.because ? ` (${entry.error.because})` : ''
      }`;
    case 'target.set-aside':
      return `${clock} ${who} is set aside${entry.broken ? ', and marked broken in MAAS' : ''}: ${entry.because}`;
    case 'target.kept':
      return `${clock} ${who} is not replaced: ${entry.because}`;
    case 'target.replaced':
      return `${clock} ${entry.by.name} takes the place of ${who}`;
    case 'step.blocked':
      return `${clock} ${who}: ${step} cannot start: ${entry.by} did not succeed`;
    default:
      return undefined;
  }
}

/** More would bury in a log what went wrong: of larger fleets it says how they stand, and what failed. */
export const mostByName = 200;

/** What a log of a large fleet says of an entry. */
export function fleetLine(entry: JournalEntry, view: RunView): string | undefined {
  return entry.type === 'step.failed' ? plainLine(entry, view) : undefined;
}

/** The time since a run began, as lines of a log begin. */
export function clockText(at: number, view: RunView): string {
  return `[${formatDuration(at - view.startedAt).padStart(8)}]`;
}

/** Only warnings are worth a line in a log: ordinary progress moves too fast. */
export function plainProgress(progress: Progress, view: RunView): string | undefined {
  if (!progress.warning) return undefined;
  return `${view.targets.get(progress.target)?.name ?? progress.target}: ${progress.step}: ${progress.text}`;
}

function tookOf(entry: { target: string; step: string; at: number }, view: RunView): string {
  const step = view.targets.get(entry.target)?.steps.find(({ id }) => id === entry.step);
  return step?.startedAt === undefined ? '' : ` in ${formatDuration(entry.at - step.startedAt)}`;
}
