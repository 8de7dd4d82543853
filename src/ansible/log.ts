import type { AnsibleEvent, HostEvent } from './events.ts';

/** What goes into the log of a run for one event, for people to read; every line ends with a newline. */
export function logText(event: AnsibleEvent): string {
  switch (event.event) {
    case 'start':
      return `\n===== ${event.playbook}\n`;
    case 'task':
      return `\n--- ${event.task}\n`;
    case 'host':
      return `${event.host}: ${event.status} (${event.seconds.toFixed(1)} s)\n${indent(renderOutput(event.output))}`;
    case 'retry':
      return `${event.host}: attempt ${event.attempt} of ${event.of} failed\n`;
    case 'stats':
      return `\n${Object.entries(event.hosts).map(summaryLine).join('')}`;
    case 'end':
    default:
      return '';
  }
}

/** A failed task as a person wants to see it: where, why, and all that the machine said. */
export function renderFailure(event: HostEvent): string {
  const what = event.status === 'unreachable' ? 'could not be reached' : 'failed';
  const output = renderOutput(event.output);
  return `${event.host}: ${event.task} ${what} after ${event.seconds.toFixed(1)} s\n${indent(output || (event.message ?? ''))}`;
}

// Streams first, since they say most; then everything else that a module answers, as it is.
const streams = ['msg', 'stdout', 'stderr', 'module_stdout', 'module_stderr'];
const noise = new Set(['changed', 'failed', 'start', 'end', 'delta', 'ansible_loop_var', ...streams]);

/** A module's answer as text: its message and streams, its items one by one, its other values as `key: JSON`. */
function renderOutput(output: Readonly<Record<string, unknown>>): string {
  const said = streams
    .filter(key => typeof output[key] === 'string' && output[key] !== '')
    .map(key => `${key}:\n${indent(String(output[key]))}`);
  const rest = Object.entries(output)
    .filter(([key]) => !noise.has(key) && key !== 'results')
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}\n`);
  const items = Array.isArray(output['results']) ? output['results'].map(renderItem) : [];
  return [...said, ...items, ...rest].join('');
}

function renderItem(result: unknown): string {
  if (typeof result !== 'object' || result === null) return `${JSON.stringify(result)}\n`;
  const { item, ...output } = result as Record<string, unknown>;
  return `item ${typeof item === 'string' ? item : JSON.stringify(item)}:\n${indent(renderOutput(output))}`;
}

function summaryLine([host, stats]: [string, Record<string, unknown>]): string {
  const counts = ['ok', 'changed', 'skipped', 'failures', 'unreachable'].map(
    key => `${key}=${String(stats[key])}`,
  );
  return `${host}: ${counts.join(' ')}\n`;
}

function indent(text: string): string {
  if (text === '') return '';
  return `${text.replace(/\n+$/, '').replace(/^/gm, '  ')}\n`;
}
