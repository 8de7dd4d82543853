import type { FleetMachine } from '../../src/lab/region/options.ts';
import { answerTime, deploymentParts, readyTime, sum, taskTimes } from './own-times.ts';

export interface Limit {
  /** When the last machine is Ready, if nobody ever waits for anything but its own machine and Kubernetes. */
  wholeMs: number;
  /** When the last machine is Deployed. */
  deployedMs: number;
  /** The Ansible part alone, from the moment when all machines answer. */
  ansibleMs: number;
}

/**
 * The critical path: every machine's own times, the shared image server, and the two barriers of Kubernetes: joining
 * waits for the first control plane, and a node is Ready only where the network is configured.
 */
export function limitOf(fleet: readonly FleetMachine[], seed: string, imageServer: number): Limit {
  const parts = fleet.map(({ mac }) => deploymentParts(seed, mac));
  const images = sharedEnds(
    parts.map(({ before, image }) => ({ at: before, ms: image })),
    imageServer,
  );
  const deployed = parts.map(({ after }, index) => (images[index] ?? 0) + after);
  const answering = fleet.map(({ hostname }, index) => (deployed[index] ?? 0) + answerTime(seed, hostname));
  return {
    wholeMs: readyAt(fleet, seed, answering),
    deployedMs: Math.max(...deployed),
    ansibleMs: readyAt(
      fleet,
      seed,
      fleet.map(() => 0),
    ),
  };
}

/** When the last one is Ready, if they answer at these times; the first machine is the control plane. */
function readyAt(fleet: readonly FleetMachine[], seed: string, answering: readonly number[]): number {
  const own = (index: number, playbook: 'prepare' | 'cluster' | 'configure') =>
    sum(taskTimes(seed, fleet[index]?.hostname ?? '', playbook, index === 0));
  const prepared = answering.map((at, index) => at + own(index, 'prepare'));
  const init = (prepared[0] ?? 0) + own(0, 'cluster');
  const configured = init + own(0, 'configure');
  const ready = fleet.map(({ hostname }, index) => {
    const joined = index === 0 ? init : Math.max(prepared[index] ?? 0, init) + own(index, 'cluster');
    return Math.max(joined + readyTime(seed, hostname), configured);
  });
  return Math.max(...ready);
}

/**
 * When downloads are complete that begin at `at` and take `ms` at full speed, of a server that feeds `width` so. Counted as
 * time that passes as slowly as each of them goes on: the one that needs the least of it is complete first.
 */
function sharedEnds(downloads: readonly { at: number; ms: number }[], width: number): number[] {
  const ends: number[] = Array.from({ length: downloads.length }, () => 0);
  const coming = [...downloads.entries()].sort((a, b) => b[1].at - a[1].at);
  const open: { index: number; endsAt: number }[] = [];
  let now = 0;
  let served = 0;
  while (coming.length > 0 || open.length > 0) {
    const next = coming.at(-1);
    const first = open.at(-1);
    const speed = Math.min(1, width / Math.max(1, open.length));
    const comesAt = next?.[1].at ?? Number.POSITIVE_INFINITY;
    const endsAt = first ? now + (first.endsAt - served) / speed : Number.POSITIVE_INFINITY;
    served += (Math.min(comesAt, endsAt) - now) * speed;
    now = Math.min(comesAt, endsAt);
    if (next && comesAt <= endsAt) {
      coming.pop();
      const download = { index: next[0], endsAt: served + next[1].ms };
      const place = open.findLastIndex(other => other.endsAt >= download.endsAt) + 1;
      open.splice(place, 0, download);
    } else if (first) {
      open.pop();
      ends[first.index] = now;
    }
  }
  return ends;
}
