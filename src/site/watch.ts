import type { Clock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import type { SystemId } from '../core/ids.ts';
import type { MaasClient } from '../maas/client.ts';
import type { Machine } from '../maas/machine.ts';
import { chooseLook, type Look } from './choose-look.ts';
import type { FactStore } from './fact-store.ts';
import { createPacer, type Looked, type Waiting } from './pacer.ts';

export interface WatchOptions {
  client: Pick<MaasClient, 'poll' | 'listMachines'>;
  store: FactStore;
  clock: Clock;
  signal: AbortSignal;
}

/** What one look at whole machines may take of the region. */
const wholeLookMs = 500;
/** What a machine in an answer takes of a real region, until it is measured. */
const assumedMsPerMachine = 30;
/** A machine of which there is no news is answered from memory after this time. */
const noNewsMs = 10_000;

type Seen = ReadonlyMap<SystemId, Machine | undefined>;

/**
 * Watches the status of machines at the least cost for the region, which spends about 30 ms on each machine in an
 * answer: what is listed is news, or little.
 */
export function createWatch(options: WatchOptions): (id: SystemId) => Promise<Machine> {
  const { store, clock, signal } = options;
  const cost = { msPerMachine: assumedMsPerMachine, turn: 0 };
  const lookedAt = { whole: new Map<SystemId, number>(), status: new Map<SystemId, number>() };

  const look = async (
    waiting: ReadonlyMap<SystemId, Waiting>,
  ): Promise<Looked<SystemId, Machine | undefined>> => {
    const watched = [...waiting.keys()].map(id => ({
      id,
      status: store.machine(id).status,
      wholeAtMs: lookedAt.whole.get(id) ?? 0,
      statusAtMs: lookedAt.status.get(id) ?? 0,
    }));
    const affordable = Math.max(1, Math.floor(wholeLookMs / cost.msPerMachine));
    const chosen = chooseLook(watched, cost.turn++, affordable);
    const startedAt = clock.now();
    const { seen, news } = await carryOut(chosen, options, waiting);
    for (const id of chosen.ids) lookedAt.status.set(id, startedAt);
    if (chosen.kind === 'news') return { seen, newsMs: news * cost.msPerMachine };
    for (const id of chosen.ids) lookedAt.whole.set(id, startedAt);
    cost.msPerMachine = Math.max(1, (clock.now() - startedAt) / chosen.ids.length);
    return { seen };
  };
  const next = createPacer<SystemId, Machine | undefined>({ look, clock, signal });
  return async id => {
    const machine = await next(id);
    if (!machine) throw gone(store.machine(id));
    store.learnMachine(machine);
    return machine;
  };
}

async function carryOut(
  look: Look,
  { client, store, clock, signal }: WatchOptions,
  waiting: ReadonlyMap<SystemId, Waiting>,
): Promise<{ seen: Seen; news: number }> {
  if (look.kind === 'whole')
    return { seen: asFound(look.ids, await client.poll(look.ids, { signal })), news: 0 };
  const news = await listNews(look, client, signal);
  const seen = new Map<SystemId, Machine | undefined>(news.map(machine => [machine.id, machine]));
  for (const id of look.ids) {
    const waitedMs = clock.now() - (waiting.get(id)?.sinceMs ?? 0);
    if (!seen.has(id) && waitedMs > noNewsMs) seen.set(id, store.machine(id));
  }
  return { seen, news: news.length };
}

/** Regions before 3.3 cannot leave a status out: they are asked after Deployed and Ready, what most wait for. */
async function listNews(
  { ids, status }: Look & { kind: 'news' },
  client: WatchOptions['client'],
  signal: AbortSignal,
): Promise<Machine[]> {
  try {
    return (await client.listMachines({ ids, notStatus: status }, { signal })).machines;
  } catch (error) {
    if (!(error instanceof ColdstartError) || error.code !== 'MAAS_BAD_REQUEST') throw error;
    const hoped = status === 'deploying' ? 'deployed' : 'ready';
    return (await client.listMachines({ ids, status: hoped }, { signal })).machines;
  }
}

function asFound(ids: readonly SystemId[], found: ReadonlyMap<SystemId, Machine>): Seen {
  return new Map(ids.map(id => [id, found.get(id)]));
}

/** The machine was deleted, or this user may not see it any more. */
export function gone({ hostname }: Machine): ColdstartError {
  return new ColdstartError('MAAS_GONE', `${hostname} is not in MAAS any more`, {
    because: 'it was deleted, or this MAAS user may not see it',
  });
}
