import type { SystemId } from '../../../core/ids.ts';

/**
 * What the region does to machines in the background: one thing after the other for each machine. Work that a later
 * decision has overtaken sees that its ticket is not current any more, and leaves the machine alone.
 */
export class MachineWork {
  readonly #oldWorkEndsWithinMs: number;
  readonly #failed: (id: SystemId, error: unknown) => void;
  readonly #tails = new Map<SystemId, Promise<void>>();
  readonly #tickets = new Map<SystemId, number>();

  /**
   * Interrupted work gets `oldWorkEndsWithinMs` to end before it is passed over. `failed` hears of work that throws,
   * which is a bug of the lab: nothing waits for background work.
   */
  constructor(oldWorkEndsWithinMs: number, failed: (id: SystemId, error: unknown) => void) {
    this.#oldWorkEndsWithinMs = oldWorkEndsWithinMs;
    this.#failed = failed;
  }

  /** A ticket for work that replaces whatever is under way for this machine. */
  replace(id: SystemId): () => boolean {
    const ticket = (this.#tickets.get(id) ?? 0) + 1;
    this.#tickets.set(id, ticket);
    return () => this.#tickets.get(id) === ticket;
  }

  /** Starts work when all earlier work of the machine has ended. */
  queue(id: SystemId, work: () => Promise<void>): void {
    this.#begin(id, previous => previous.then(work));
  }

  /**
   * Starts work that first does `cutIn` without waiting for what is under way, such as cutting the power in mid
   * installation, and goes on when that has ended.
   */
  interrupt(id: SystemId, cutIn: () => Promise<boolean>, work: () => Promise<void>): void {
    this.#begin(id, async previous => {
      const goOn = await nextTurn().then(cutIn);
      await settledWithin(previous, this.#oldWorkEndsWithinMs);
      if (goOn) await work();
    });
  }

  /** Whether something is being done to this machine. */
  busy(id: SystemId): boolean {
    return this.#tails.has(id);
  }

  #begin(id: SystemId, start: (previous: Promise<void>) => Promise<void>): void {
    const tail = start(this.#tails.get(id) ?? nextTurn())
      .catch((error: unknown) => this.#failed(id, error))
      .finally(() => {
        if (this.#tails.get(id) === tail) this.#tails.delete(id);
      });
    this.#tails.set(id, tail);
  }
}

/** The answer to the request that caused the work is made before the work begins. */
function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve);
  });
}

async function settledWithin(work: Promise<void>, withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<void>(resolve => {
    timer = setTimeout(resolve, withinMs).unref();
  });
  await Promise.race([work, limit]);
  clearTimeout(timer);
}
