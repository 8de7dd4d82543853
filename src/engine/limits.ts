import type { Clock } from '../core/clock.ts';
import type { Limit } from './step.ts';

/** A place within a limit. */
export interface Place {
  /** Gives it to the next one, after the gap. Twice is once. */
  leave(): void;
}

/** Hands out the places of every limit, in the order in which they were asked for. */
export interface Limits {
  /** Calls `onWait` when all places are taken. Rejects with the signal's reason. */
  enter(limit: Limit, onWait: () => void): Promise<Place>;
  /** Ends the gaps that nobody waits for any more. */
  close(): void;
}

interface Room {
  taken: number;
  queue: { resolve(place: Place): void; reject(reason: unknown): void }[];
}

export function createLimits(clock: Clock, stop: AbortSignal): Limits {
  const ending = new AbortController();
  const signal = AbortSignal.any([stop, ending.signal]);
  const rooms = new Map<string, Room>();

  const take = (limit: Limit, room: Room): Place => {
    room.taken += 1;
    let left = false;
    return {
      leave() {
        if (left) return;
        left = true;
        // The end of the run ends the pause too: nobody begins then.
        clock.sleep(limit.gapMs, signal).then(
          () => passOn(limit, room),
          () => undefined,
        );
      },
    };
  };
  const passOn = (limit: Limit, room: Room): void => {
    room.taken -= 1;
    room.queue.shift()?.resolve(take(limit, room));
  };
  signal.addEventListener('abort', () => {
    for (const { queue } of rooms.values()) for (const { reject } of queue.splice(0)) reject(signal.reason);
  });

  return {
    async enter(limit, onWait) {
      signal.throwIfAborted();
      const room = rooms.get(limit.name) ?? { taken: 0, queue: [] };
      rooms.set(limit.name, room);
      if (room.taken < limit.atOnce) return take(limit, room);
      onWait();
      return new Promise((resolve, reject) => room.queue.push({ resolve, reject }));
    },
    close: () => ending.abort(new Error('the run is over')),
  };
}
