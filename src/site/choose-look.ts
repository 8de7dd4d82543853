import type { SystemId } from '../core/ids.ts';
import type { MachineStatus } from '../maas/status.ts';

/** A machine whose status is waited for. */
export interface Watched {
  id: SystemId;
  /** The status in which it was last seen. */
  status: MachineStatus | 'unknown';
  /** When the whole machine, and when its status, was last looked at: on the clock, 0 for never. */
  wholeAtMs: number;
  statusAtMs: number;
}

/** `whole`: the machines as they are. `news`: only those of them that have left `status`. */
export type Look =
  | { kind: 'whole'; ids: SystemId[] }
  | { kind: 'news'; ids: SystemId[]; status: MachineStatus };

/** What one request can be: its address holds so many ids. */
const mostIds = 500;
/** Of so many looks, one is at whole machines: it sees progress, and machines that were deleted. */
const wholeEvery = 5;

/**
 * What to ask next, in one request. Few machines are looked at as they are. Of many, one status is asked after, and
 * the answer holds only those that have left it; those that were not looked at for longest come first.
 * @param turn counts the looks
 * @param affordable how many machines a look may bring
 */
export function chooseLook(watched: readonly Watched[], turn: number, affordable: number): Look {
  if (watched.length <= affordable) return whole(watched, affordable);
  const [oldest, ...rest] = watched.toSorted((a, b) => a.statusAtMs - b.statusAtMs);
  if (!oldest || oldest.status === 'unknown' || turn % wholeEvery === wholeEvery - 1)
    return whole(watched, affordable);
  const alike = [oldest, ...rest.filter(({ status }) => status === oldest.status)];
  return { kind: 'news', ids: alike.slice(0, mostIds).map(({ id }) => id), status: oldest.status };
}

function whole(watched: readonly Watched[], affordable: number): Look {
  const oldestFirst = watched.toSorted((a, b) => a.wholeAtMs - b.wholeAtMs);
  return { kind: 'whole', ids: oldestFirst.slice(0, Math.min(affordable, mostIds)).map(({ id }) => id) };
}
