import { expect, test } from 'vitest';
import type { JournalEntry } from '../../src/journal/events.ts';
import { createCli } from '../support/cli.ts';
import { cutAt } from '../support/cut.ts';
import { journalOf, runsOf } from '../support/journal.ts';
import { openWholeRoad, type WholeRoad } from '../support/whole-road.ts';

const fleet = { count: 3, timeScale: 1500 };
/** A control plane and a worker have every kind of event; a second worker only adds half as many of the same. */
const everyEvent = { ...fleet, count: process.env['COLDSTART_LONG_TESTS'] ? 3 : 2 };

/** How many are tried at the same time: most of each is waiting. */
const width = 6;

interface Trial {
  /** What the interrupted run and the one after it wrote down. */
  first: JournalEntry[];
  second: JournalEntry[];
  exitCode: number | undefined;
}

/** Runs `up`, cuts it off after its n-th event, runs `up` again, and makes sure of the cluster that there is then. */
async function interrupted(after: number, by: string, of = fleet): Promise<Trial> {
  const road = await openWholeRoad(of);
  try {
    const cli = createCli(road.home);
    const { exitCode, stderr } = await cli.run(['up', '--lab'], { env: cutAt(after, by) });
    const begun = runsOf(road.home);
    const again = await cli.run(['up', '--lab', '-o', 'json']);
    expect(again.exitCode, `after event ${after}: ${stderr}${again.stderr}`).toBe(0);
    expect(JSON.parse(again.stdout)).toMatchObject({ outcome: 'done' });
    expectOneCluster(road.look(), of.count);
    const [first = ''] = begun;
    const second = runsOf(road.home).find(name => !begun.includes(name));
    return {
      first: await journalOf(road.home, first),
      second: second === undefined ? [] : await journalOf(road.home, second),
      exitCode,
    };
  } finally {
    await road.close();
  }
}

/** Every machine was deployed and prepared once, and kubeadm init ran once: a second one would have left a second cluster. */
function expectOneCluster({ systems, clusters }: ReturnType<WholeRoad['look']>, machines: number): void {
  expect(clusters).toHaveLength(1);
  const nodes = Object.values(clusters[0]?.nodes ?? {});
  const numbers = Array.from({ length: machines }, (_, index) => index + 1);
  expect(nodes.map(({ name, started }) => `${name} ${started}`).sort()).toEqual(
    numbers.map(number => `node-0${number} true`),
  );
  expect(systems.map(({ installation }) => installation)).toEqual(numbers.map(() => 1));
}

/** What a run changed, such as `deploy node-01`. */
function changes(entries: readonly JournalEntry[]): string[] {
  return entries.flatMap(entry => (entry.type === 'step.changing' ? [entry.change] : []));
}

async function inTurns<T>(all: readonly T[], run: (one: T) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await run(next);
  };
  await Promise.all(Array.from({ length: width }, worker));
}

test('a run cut off by kill -9 after any of its events is finished by the next one', async () => {
  const whole = await interrupted(1_000_000, 'SIGKILL', everyEvent);
  expect(whole.exitCode).toBe(0);
  expect(whole.second, 'a second up changes nothing').toEqual([]);
  const planned = new Set(changes(whole.first));
  let finished = 0;
  const all = Array.from({ length: whole.first.length }, (_, index) => index + 1);
  await inTurns(all, async after => {
    const { first, second, exitCode } = await interrupted(after, 'SIGKILL', everyEvent);
    // How many events there are depends on what is done already when a step begins.
    const cameToItsEnd = exitCode === 0;
    if (cameToItsEnd) finished += 1;
    const events = cameToItsEnd ? after : first.length;
    expect({ exitCode, events }).toEqual({ exitCode: cameToItsEnd ? 0 : undefined, events: after });
    const beyond = changes(second).filter(change => !planned.has(change));
    expect(beyond, `after event ${after}`).toEqual([]);
  });
  expect(finished).toBeLessThan(whole.first.length / 10);
});

test.each([
  ['Ctrl-C', 'SIGINT', 3],
  ['a closed terminal', 'SIGHUP', 3],
  ['Ctrl-C twice', 'SIGINT SIGINT', 3],
])('%s ends a run with status 3, and the next one finishes it', async (_, by, exit) => {
  await inTurns([2, 20, 44], async after => {
    const { exitCode } = await interrupted(after, by);
    expect(exitCode, `after event ${after}`).toBe(exit);
  });
});
