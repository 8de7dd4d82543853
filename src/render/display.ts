import { createLogUpdate } from 'log-update';
import type { JournalEntry, Progress } from '../journal/events.ts';
import { applyEntry, type RunView } from '../journal/fold.ts';
import { liveView } from './live.ts';
import type { Paint } from './paint.ts';
import { plainLine, plainProgress } from './plain.ts';

/** Shows a run while it happens. */
export interface Display {
  /** The run as it stands; undefined before its first entry. */
  view(): RunView | undefined;
  entry(entry: JournalEntry): void;
  progress(progress: Progress): void;
  end(): void;
}

export interface DisplayOptions {
  stream: NodeJS.WriteStream;
  paint: Paint;
  /** Repaint in place; else one line a change, for pipes and logs. */
  live: boolean;
}

export function createDisplay(options: DisplayOptions): Display {
  return options.live ? liveDisplay(options) : plainDisplay(options);
}

function plainDisplay({ stream }: DisplayOptions): Display {
  let view: RunView | undefined;
  return {
    view: () => view,
    entry(entry) {
      view = applyEntry(view, entry);
      const line = plainLine(entry, view);
      if (line !== undefined) stream.write(`${line}\n`);
    },
    progress(progress) {
      const line = view && plainProgress(progress, view);
      if (line !== undefined) stream.write(`${line}\n`);
    },
    end() {},
  };
}

function liveDisplay({ stream, paint }: DisplayOptions): Display {
  let view: RunView | undefined;
  const remarks = new Map<string, string>();
  const update = createLogUpdate(stream);
  const repaint = (): void => {
    if (!view) return;
    const columns = stream.columns || 80;
    const rows = stream.rows || 24;
    update(liveView(view, { now: Date.now(), columns, rows, paint, remarks }).trimEnd());
  };
  // Elapsed times move also while nothing happens.
  const timer = setInterval(repaint, 250);
  return {
    view: () => view,
    entry(entry) {
      view = applyEntry(view, entry);
      if ('target' in entry) remarks.delete(entry.target);
      if (entry.type === 'step.changing') remarks.set(entry.target, entry.change);
    },
    progress: ({ target, text }) => void remarks.set(target, text),
    end() {
      clearInterval(timer);
      repaint();
      update.done();
    },
  };
}
