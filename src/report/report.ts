import { formatDuration } from '../core/durations.ts';
import { comparisonSentence } from '../history/compare.ts';
import { criticalPath } from '../history/critical-path.ts';
import type { History, RunRecord } from '../history/history.ts';
import type { RunView } from '../journal/fold.ts';
import { cycleChart } from './cycle-chart.ts';
import { type Markup, markup } from './markup.ts';
import { style } from './style.ts';
import { failuresTable, pathTable, settingsTable, targetsTable } from './tables.ts';
import { patterns, timeline } from './timeline.ts';

export interface ReportInput {
  view: RunView;
  /** The same run as the history has it. */
  record: RunRecord;
  history: History;
}

/** A run as one HTML file that asks nobody for anything: no script, no font, no picture from elsewhere. */
export function reportHtml({ view, record, history }: ReportInput): string {
  const page = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>coldstart ${view.command}: ${view.cluster}, ${view.run}</title>
<style>${style}</style>
</head>
<body>
${patterns}
${head(view, record)}
${section('Timeline', timeline(view, criticalPath(view)))}
${section('Critical path', markup`<p class="note">The chain of work that decided how long the run took. Nothing beside it could have made it shorter.</p>${pathTable(record)}`)}
${section('Cycle time over runs', cycleChart(history.runs, record))}
${section('Failures and retries', failuresTable(view) ?? markup`<p>None.</p>`)}
${section('Machines', targetsTable(view, history.machines))}
${section('Versions and settings', settingsTable(view))}
</body>
</html>
`;
  return page.text;
}

function head(view: RunView, record: RunRecord): Markup {
  const started = `${new Date(view.startedAt).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  const bad = record.outcome === 'done' ? '' : ' bad';
  const said = comparisonSentence(record, formatDuration);
  const counts = [
    counted(record.machines, 'machine', 'machines'),
    counted(record.failures, 'failure', 'failures'),
    counted(record.retries, 'retry', 'retries'),
  ].join(', ');
  return markup`<header><h1>coldstart ${view.command}: ${view.cluster}</h1>
<p class="lead"><span class="outcome${bad}">${record.outcome}</span> in ${formatDuration(record.ms)}${said === '' ? '' : `; ${said}`}.</p>
<p class="meta">${started}, run ${view.run}; ${counts}</p></header>`;
}

function section(title: string, content: Markup | undefined): Markup | undefined {
  return content && markup`<section><h2>${title}</h2>${content}</section>`;
}

function counted(count: number, one: string, many: string): string {
  return `${count === 0 ? 'no' : count} ${count === 1 ? one : many}`;
}
