import { expect, test } from 'vitest';
import { systemClock } from '../core/clock.ts';
import { ColdstartError } from '../core/errors.ts';
import type { JournalEvent } from '../journal/events.ts';
import { type Road, type RunOptions, runRoads } from './run.ts';
import type { StepDefinition } from './step.ts';

/** A world that writes down what happens, in order. */
interface World {
  log: string[];
  made: Set<string>;
}

type Step = StepDefinition<string, World, World>;

function step(id: Step['id'], more: Partial<Step> = {}): Step {
  return {
    id,
    title: id,
    stage: 'hardware',
    applies: () => true,
    done: (target, { made }) => made.has(`${target} ${id}`),
    async act(target, _context, { log, made }) {
      log.push(`${target} ${id}`);
      made.add(`${target} ${id}`);
    },
    ...more,
  };
}

interface Trial extends Pick<RunOptions<string, World, World>, 'standIn'> {
  roads: Record<string, Step[]>;
  /** Gates before a whole road. */
  after?: Record<string, string[]>;
  made?: string[];
  signal?: AbortSignal;
}

async function trial({
  roads,
  after = {},
  made = [],
  signal = new AbortController().signal,
  ...more
}: Trial) {
  const world: World = { log: [], made: new Set(made) };
  const events: JournalEvent[] = [];
  const outcome = await runRoads<string, World, World>({
    roads: Object.entries(roads).map(
      ([target, steps]): Road<string, World, World> => ({
        target,
        id: target,
        steps,
        after: after[target] ?? [],
      }),
    ),
    world,
    append: async event => void events.push(event),
    clock: { now: () => 0, sleep: () => systemClock.sleep(0) },
    signal,
    ...more,
  });
  const states = events.map(event =>
    'step' in event ? `${event.target} ${event.step} ${event.type}` : event.type,
  );
  return { outcome, log: world.log, states, events };
}

test('each machine takes its steps in order', async () => {
  const { outcome, log } = await trial({ roads: { a: [step('hardware.one'), step('prepare.two')] } });
  expect({ outcome, log }).toEqual({ outcome: 'done', log: ['a hardware.one', 'a prepare.two'] });
});

test('what is done is not done again', async () => {
  const { outcome, log, states } = await trial({
    roads: { a: [step('hardware.one'), step('prepare.two')] },
    made: ['a hardware.one'],
  });
  expect(outcome).toBe('done');
  expect(log).toEqual(['a prepare.two']);
  expect(states[0]).toBe('a hardware.one step.done');
});

test('a road waits for a step of the one road that it names', async () => {
  const steps = [step('configure.addon')];
  const after = { a: ['configure.addon of b'], b: ['configure.addon of c'] };
  const { log } = await trial({ roads: { a: steps, b: steps, c: steps }, after });
  expect(log).toEqual(['c configure.addon', 'b configure.addon', 'a configure.addon']);
});

test('a road is blocked when the road that it waits for fails', async () => {
  const failing = step('configure.addon', {
    act: () => Promise.reject(new ColdstartError('HELM_FAILED', 'no')),
  });
  const roads = { a: [step('configure.addon')], b: [failing], c: [step('configure.addon')] };
  const { outcome, log, states } = await trial({ roads, after: { a: ['configure.addon of b'] } });
  expect({ outcome, log }).toEqual({ outcome: 'failed', log: ['c configure.addon'] });
  expect(states).toContain('a configure.addon step.blocked');
});

test('a step waits for the step of another machine that it names', async () => {
  let release!: () => void;
  const slow = new Promise<void>(resolve => (release = resolve));
  const init = step('cluster.init', {
    async act(target, _context, { log }) {
      await slow;
      log.push(`${target} cluster.init`);
    },
  });
  const join = step('cluster.join-worker', { after: ['cluster.init'] });
  const prepare = step('prepare.machine', {
    async act(target, _context, { log }) {
      log.push(`${target} prepare.machine`);
      release();
    },
  });
  const { log } = await trial({ roads: { worker: [prepare, join], first: [init] } });
  expect(log).toEqual(['worker prepare.machine', 'first cluster.init', 'worker cluster.join-worker']);
});

test('when a machine fails the others go on, and what needs it is blocked', async () => {
  const failing = step('cluster.init', {
    act: () => Promise.reject(new ColdstartError('ANSIBLE_FAILED', 'no')),
  });
  const join = step('cluster.join-worker', { after: ['cluster.init'] });
  const { outcome, log, states } = await trial({
    roads: {
      first: [failing, step('configure.cluster')],
      w: [step('prepare.machine'), join, step('cluster.ready')],
    },
  });
  expect(outcome).toBe('failed');
  expect(log).toEqual(['w prepare.machine']);
  expect(states).toContain('first cluster.init step.failed');
  expect(states).toContain('first configure.cluster step.blocked');
  expect(states).toContain('w cluster.join-worker step.blocked');
  expect(states).toContain('w cluster.ready step.blocked');
});

test('a step is tried as often as it says, and a bug is not tried again', async () => {
  let tries = 0;
  const flaky = step('prepare.machine', {
    attempts: 3,
    async act() {
      tries += 1;
      if (tries < 3) throw new ColdstartError('ANSIBLE_FAILED', 'not yet');
    },
  });
  expect((await trial({ roads: { a: [flaky] } })).outcome).toBe('done');
  expect(tries).toBe(3);

  let bugs = 0;
  const broken = step('prepare.machine', {
    attempts: 3,
    async act() {
      bugs += 1;
      throw new TypeError('undefined is not a function');
    },
  });
  const { events } = await trial({ roads: { a: [broken] } });
  expect(bugs).toBe(1);
  expect(events.find(event => event.type === 'step.failed')).toMatchObject({
    error: { code: 'BUG' },
    retry: false,
  });
});

test('steps with the same word never overlap', async () => {
  let running = 0;
  const join = step('cluster.join-control-plane', {
    oneByOne: 'etcd',
    async act() {
      running += 1;
      expect(running).toBe(1);
      await systemClock.sleep(1);
      running -= 1;
    },
  });
  expect((await trial({ roads: { a: [join], b: [join], c: [join] } })).outcome).toBe('done');
});

test('stopping ends running steps and starts no others', async () => {
  const stop = new AbortController();
  const waiting = step('hardware.deploy', {
    act: (_target, { until }) =>
      until('something that never comes', async () => {
        stop.abort(new DOMException('stopped', 'AbortError'));
        return { done: false, seen: 'nothing' };
      }),
  });
  const { outcome, states } = await trial({
    roads: {
      a: [waiting, step('prepare.machine')],
      b: [step('cluster.join-worker', { after: ['prepare.machine'] })],
    },
    signal: stop.signal,
  });
  expect(outcome).toBe('stopped');
  expect(states).toContain('a hardware.deploy step.stopped');
  expect(states).toContain('a prepare.machine step.stopped');
  expect(states).toContain('b cluster.join-worker step.stopped');
});

test('a change is written down before it is made', async () => {
  const deploy = step('hardware.deploy', {
    act: (_target, { change }, { log }) =>
      change('deploy a', async () => {
        log.push('deployed');
      }),
  });
  const { events } = await trial({ roads: { a: [deploy] } });
  expect(events.map(({ type }) => type)).toEqual(['step.started', 'step.changing', 'step.done']);
});

test('the journal says what a step had to wait for, and nothing where it had not', async () => {
  const init = step('cluster.init');
  const join = step('cluster.join-control-plane', { after: ['cluster.init'], oneByOne: 'etcd' });
  const { events } = await trial({ roads: { first: [init], b: [join], c: [join] } });
  const started = events.flatMap(event =>
    event.type === 'step.started' ? [[event.target, event.waitedFor]] : [],
  );
  expect(started).toEqual([
    ['first', undefined],
    ['b', 'cluster.init of first'],
    ['c', 'cluster.join-control-plane of b'],
  ]);
});

test('how long a step waits is decided by who knows its history', async () => {
  const asked: unknown[] = [];
  const never = step('hardware.deploy', {
    act: (_target, { until }) => until('never', async () => ({ done: false, seen: '' }), { failAfterMs: 9 }),
  });
  const outcome = await runRoads<string, World, World>({
    roads: [{ target: 'a', id: 'a', steps: [never] }],
    world: { log: [], made: new Set() },
    append: async () => {},
    clock: { now: () => 0, sleep: () => systemClock.sleep(0) },
    signal: new AbortController().signal,
    patienceOf(target, id, said) {
      asked.push([target, id, said]);
      return { failAfterMs: 0 };
    },
  });
  expect({ outcome, asked }).toEqual({
    outcome: 'failed',
    asked: [['a', 'hardware.deploy', { failAfterMs: 9 }]],
  });
});

test('a step with a limit begins when the one before has begun, not when it has ended', async () => {
  const limit = { name: 'circuit a', atOnce: 1, gapMs: 0 };
  let end!: () => void;
  const secondBegan = new Promise<void>(resolve => (end = resolve));
  const deploy = step('hardware.deploy', {
    limit: { of: () => limit, begun: (target, { made }) => made.has(`${target} on`) },
    async act(target, context, { log, made }) {
      log.push(`${target} starts`);
      made.add(`${target} on`);
      let looks = 0;
      await context.until('it is deployed', async () => {
        // The first look shows it on; it is deployed only when the second one has begun.
        if (target === 'a' && (looks += 1) > 1) await secondBegan;
        if (target === 'b') end();
        return { done: target === 'b' || looks > 1, seen: 'on' };
      });
      log.push(`${target} ends`);
    },
  });
  const { outcome, log } = await trial({ roads: { a: [deploy], b: [deploy] } });
  expect(outcome).toBe('done');
  expect(log.slice(0, 2)).toEqual(['a starts', 'b starts']);
});

const refuses = async (): Promise<void> => {
  throw new ColdstartError('ANSIBLE_FAILED', 'no');
};

test.each([
  ['done', {}, 'done', ['first configure.cluster', 'true', 'spare cluster.join-worker']],
  ['never done', { act: refuses }, 'failed', ['false', 'spare cluster.join-worker']],
])(
  'who looks for a stand-in can wait for a step of another road that is %s',
  async (_, more, end, expected) => {
    const seen: string[] = [];
    const join = step('cluster.join-worker');
    const ready = step('cluster.ready', { after: ['configure.cluster'] });
    const { outcome, log } = await trial({
      roads: {
        first: [step('configure.cluster', more)],
        worker: [{ ...join, act: refuses }, ready],
      },
      async standIn({ target, passed }) {
        if (target !== 'worker') return undefined;
        seen.push(String(await passed('configure.cluster')));
        const record = { target: 'spare', name: 'spare', role: 'worker', steps: [join.id] } as const;
        return {
          road: { target: 'spare', id: 'spare', steps: [join] },
          record: { ...record, steps: [join.id] },
        };
      },
    });
    expect({ outcome, log: [...log, ...seen].sort() }).toEqual({ outcome: end, log: expected.sort() });
  },
);

test('what lies behind a failure is told in its place, and decides whether it is tried again', async () => {
  let tries = 0;
  const failing = step('prepare.two', {
    attempts: 2,
    async act() {
      tries += 1;
      throw new ColdstartError('SSH_UNREACHABLE', 'no contact');
    },
  });
  const events: JournalEvent[] = [];
  await runRoads<string, World, World>({
    roads: [{ target: 'a', id: 'a', steps: [failing] }],
    world: { log: [], made: new Set() },
    append: async event => void events.push(event),
    clock: systemClock,
    signal: new AbortController().signal,
    treatmentOf: code => ({ tries: code === 'MAAS_LOCKED' ? 'once' : 2, pauseMs: 0 }),
    explain: async ({ target, step: id }) => new ColdstartError('MAAS_LOCKED', `${target} at ${id}`),
  });
  expect(tries).toBe(1);
  expect(events).toContainEqual(
    expect.objectContaining({
      type: 'step.failed',
      retry: false,
      error: expect.objectContaining({ code: 'MAAS_LOCKED', message: 'a at prepare.two' }),
    }),
  );
});
