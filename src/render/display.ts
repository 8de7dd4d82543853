import { createLogUpdate } from 'log-update';
import type { Forecast } from '../history/forecast.ts';
import type { JournalEntry, Progress } from '../journal/events.ts';
import { applyEntry, type RunView } from '../journal/fold.ts';
import { standText } from './fleet.ts';
import { liveView } from './live.ts';
import type { Paint } from './paint.ts';
import { clockText, fleetLine, mostByName, plainLine, plainProgress } from './plain.ts';

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
  /** What history expects of the rest of the run. */
  forecast(view: RunView, now: number): Forecast;
}

export function createDisplay(options: DisplayOptions): Display {
  return options.live ? liveDisplay(options) : plainDisplay(options);
}

/** How often a log says how a large fleet stands. */
const standEveryMs = 10_000;

function plainDisplay({ stream, forecast }: DisplayOptions): Display {
  let view: RunView | undefined;
  let saidAt: number | undefined;
  const sayStand = (seen: RunView, at: number): void => {
    saidAt = at;
    stream.write(`${clockText(at, seen)} ${standText(seen, forecast(seen, at))}\n`);
  };
  return {
    view: () => view,
    entry(entry) {
      view = applyEntry(view, entry);
      const isFleet = view.targets.size > mostByName;
      const line = isFleet ? fleetLine(entry, view) : plainLine(entry, view);
      if (line !== undefined) stream.write(`${line}\n`);
      if (isFleet && entry.at - (saidAt ?? view.startedAt) >= standEveryMs) sayStand(view, entry.at);
    },
    progress(progress) {
      const line = view && plainProgress(progress, view);
      if (line !== undefined) stream.write(`${line}\n`);
    },
    end() {
      if (view && view.targets.size > mostByName) sayStand(view, view.lastAt);
    },
  };
}

/** Elapsed times move also while nothing happens. */
const repaintEveryMs = 250;
/** What is left is known in seconds, and thousands of machines are not counted for every picture. */
const forecastEveryMs = 1_000;

function liveDisplay({ stream, paint, forecast }: DisplayOptions): Display {
  let view: RunView | undefined;
  let expected: { at: number; forecast: Forecast } | undefined;
  const remarks = new Map<string, string>();
  const update = createLogUpdate(stream);
  const repaint = (): void => {
    if (!view) return;
    const now = Date.now();
    if (!expected || now - expected.at >= forecastEveryMs || view.outcome)
      expected = { at: now, forecast: forecast(view, now) };
    const size = { columns: stream.columns || 80, rows: stream.rows || 24 };
    const picture = liveView(view, { now, ...size, paint, remarks, forecast: expected.forecast });
    update(picture.trimEnd());
  };
  const timer = setInterval(repaint, repaintEveryMs);
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
