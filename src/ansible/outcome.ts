import type { AnsibleEvent } from './events.ts';

/** How a playbook went on one machine. */
export interface HostOutcome {
  /** True when every task of every playbook came to a good end there. */
  ok: boolean;
  /** Number of tasks that changed something. */
  changed: number;
  failed: boolean;
  unreachable: boolean;
  failure?: { task: string; message: string };
}

/** What the events said so far. */
export interface Tally {
  hosts: Readonly<Record<string, HostOutcome>>;
  /** Playbooks that came to their end, good or bad. */
  ended: number;
  /** Of these, the ones that left no play out. */
  complete: number;
}

export const emptyTally: Tally = { hosts: {}, ended: 0, complete: 0 };

/** Nothing was heard of the machine yet. */
export const fresh: HostOutcome = { ok: false, changed: 0, failed: false, unreachable: false };

/** Folds one event into the tally. A summary has the last word on failures: a rescued one is none. */
export function tally(before: Tally, event: AnsibleEvent): Tally {
  switch (event.event) {
    case 'end':
      return { ...before, ended: before.ended + 1, complete: before.complete + (event.complete ? 1 : 0) };
    case 'host':
      return withHost(before, event.host, host => afterTask(host, event));
    case 'stats':
      return Object.entries(event.hosts).reduce(
        (tally, [name, stats]) => withHost(tally, name, host => afterSummary(host, stats)),
        before,
      );
    case 'start':
    case 'task':
    case 'retry':
    default:
      return before;
  }
}

function withHost(tally: Tally, name: string, change: (host: HostOutcome) => HostOutcome): Tally {
  return { ...tally, hosts: { ...tally.hosts, [name]: change(tally.hosts[name] ?? fresh) } };
}

/**
 * The outcome of every machine in `limit`, when ansible-playbook has ended.
 * @param playbooks how many it was given: it leaves out the later ones when a machine failed in an earlier one
 */
export function outcomes(
  limit: readonly string[],
  seen: Tally,
  playbooks: number,
): Record<string, HostOutcome> {
  const complete = seen.complete === playbooks;
  return Object.fromEntries(limit.map(name => [name, outcome(seen.hosts[name] ?? fresh, complete)]));
}

function outcome(seen: HostOutcome, complete: boolean): HostOutcome {
  if (seen.failed || seen.unreachable) return { ...seen, ok: false };
  // A failure that is not in the summary was rescued.
  const { failure: _rescued, ...rest } = seen;
  if (complete) return { ...rest, ok: true };
  const message = 'the run ended before this machine was done, because others failed';
  return { ...rest, ok: false, failure: { task: 'none', message } };
}

function afterTask(host: HostOutcome, event: Extract<AnsibleEvent, { event: 'host' }>): HostOutcome {
  if (event.status === 'changed') return { ...host, changed: host.changed + 1 };
  if ((event.status !== 'failed' && event.status !== 'unreachable') || event.ignored === true) return host;
  return {
    ...host,
    failed: host.failed || event.status === 'failed',
    unreachable: host.unreachable || event.status === 'unreachable',
    failure: { task: event.task, message: event.message ?? 'no message' },
  };
}

function afterSummary(
  host: HostOutcome,
  stats: { changed: number; failures: number; unreachable: number },
): HostOutcome {
  return { ...host, changed: stats.changed, failed: stats.failures > 0, unreachable: stats.unreachable > 0 };
}
