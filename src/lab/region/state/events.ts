import type { Clock } from '../../../core/clock.ts';
import type { SystemId } from '../../../core/ids.ts';
import { type EventLevel, type EventRecord, eventLevels, type MachineRecord } from './records.ts';
import type { Store } from './store.ts';
import type { Table } from './table.ts';

const keptPerMachine = 2000;

/** The events of all machines, numbered in one row; the oldest of a machine with very many are dropped. */
export class EventLog {
  readonly #clock: Clock;
  readonly #rows: Table<EventRecord>;
  readonly #ofMachine = new Map<SystemId, EventRecord[]>();
  #nextId = 1;

  constructor(store: Store, clock: Clock) {
    this.#clock = clock;
    this.#rows = store.table<EventRecord>('events');
    for (const event of this.#rows.values()) {
      this.#listOf(event.node).push(event);
      this.#nextId = Math.max(this.#nextId, event.id + 1);
    }
  }

  add(
    machine: MachineRecord,
    level: EventLevel,
    type: string,
    description = '',
    by: { username?: string; action?: string; createdMs?: number } = {},
  ): void {
    const event: EventRecord = {
      id: this.#nextId++,
      level,
      type,
      description,
      action: by.action ?? '',
      node: machine.id,
      hostname: machine.hostname,
      username: by.username ?? 'unknown',
      createdMs: by.createdMs ?? this.#clock.now(),
    };
    const list = this.#listOf(machine.id);
    list.push(event);
    this.#rows.put(event.id, event);
    if (list.length > keptPerMachine) {
      for (const old of list.splice(0, keptPerMachine / 10)) this.#rows.delete(old.id);
    }
  }

  /** The newest event that people are shown: level INFO or worse. */
  newestMessage(id: SystemId): EventRecord | undefined {
    return this.#ofMachine.get(id)?.findLast(event => eventLevels[event.level] >= eventLevels.INFO);
  }

  /** All events in order, or those of some machines. */
  select(ids?: ReadonlySet<SystemId>): EventRecord[] {
    if (!ids) return [...this.#rows.values()];
    const events = [...ids].flatMap(id => this.#ofMachine.get(id) ?? []);
    return ids.size > 1 ? events.sort((a, b) => a.id - b.id) : events;
  }

  forget(id: SystemId): void {
    for (const event of this.#ofMachine.get(id) ?? []) this.#rows.delete(event.id);
    this.#ofMachine.delete(id);
  }

  #listOf(id: SystemId): EventRecord[] {
    const list = this.#ofMachine.get(id) ?? [];
    this.#ofMachine.set(id, list);
    return list;
  }
}
