import { ColdstartError, Exit, reasonOf } from '../core/errors.ts';
import { type Rehearsal, rehearsals } from '../drill/rehearsals.ts';
import { type Rehearsed, type RehearseOptions, rehearse } from '../drill/rehearse.ts';
import type { FaultKind } from '../lab/faults/kinds.ts';
import { drillJson, drillTable } from '../render/drill.ts';
import { cacheHome } from '../state/paths.ts';
import { type AppContext, note, print, printJson } from './context.ts';
import type { OutputFlags } from './flags.ts';

export interface DrillFlags extends OutputFlags {
  all: boolean;
}

/** More at a time would only make each of them wait for the processor. */
const atATime = 4;

export async function drill(
  this: AppContext,
  { all, output }: DrillFlags,
  ...kinds: FaultKind[]
): Promise<void> {
  const chosen = rehearsals.filter(({ fault, inReducedSet }) =>
    kinds.length > 0 ? kinds.includes(fault.kind) : all || inReducedSet,
  );
  const startedAt = performance.now();
  const results = await rehearseAll(this, chosen);
  const seconds = (performance.now() - startedAt) / 1000;
  if (output === 'json') printJson(this, drillJson(results, seconds));
  else print(this, drillTable(results, seconds, this.paint.out));
  if (results.some(({ wrong }) => wrong !== undefined)) this.process.exitCode = Exit.failed;
}

async function rehearseAll(context: AppContext, chosen: readonly Rehearsal[]): Promise<Rehearsed[]> {
  const program = [process.execPath, ...process.execArgv, process.argv[1] ?? ''];
  const options = { program, cacheDir: cacheHome(context.env), signal: context.signal };
  const results: Rehearsed[] = [];
  const waiting = [...chosen.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, rehearsal] = next;
      const done = await rehearseOne(rehearsal, options);
      results[index] = done;
      note(context, `${done.wrong === undefined ? 'right' : 'WRONG'}  ${rehearsal.name}: ${done.end}`);
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: atATime }, worker));
  if (context.signal.aborted) throw new ColdstartError('STOPPED', 'the drill was stopped');
  for (const ended of workers) if (ended.status === 'rejected') throw ended.reason;
  return results;
}

/** A rehearsal that cannot even be played does not keep the others from being played. */
async function rehearseOne(rehearsal: Rehearsal, options: RehearseOptions): Promise<Rehearsed> {
  try {
    return await rehearse(rehearsal, options);
  } catch (error) {
    return {
      rehearsal,
      struck: 0,
      seconds: 0,
      end: 'stopped',
      seen: reasonOf(error),
      wrong: 'it could not be played',
    };
  }
}
