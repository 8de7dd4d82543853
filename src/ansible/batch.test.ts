import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, decide, type Request, type Running } from './batch.ts';

const limits = { windowMs: 100, maxProcesses: 2, maxHosts: 3, room: 1000 };
const ask = (host: string, sinceMs: number, more: Partial<Request> = {}): Request => ({
  host,
  playbook: 'prepare.yml',
  lane: 'prepare.yml',
  exclusive: false,
  sinceMs,
  ...more,
});
const names = (batches: readonly Batch[]) => batches.map(batch => batch.map(request => request.host));
const running = (lane: string, ...hosts: string[]): Running => ({
  lane,
  exclusive: false,
  sinceMs: 0,
  hosts: new Set(hosts),
});
const lane = (name: string, exclusive = false) => ({ lane: name, playbook: `${name}.yml`, exclusive });

describe('deciding what to start', () => {
  it.each([
    ['waits for others within the window', [ask('a', 0)], 50, [], 100],
    [
      'starts together what came within the window',
      [ask('a', 0), ask('b', 90)],
      100,
      [['a', 'b']],
      undefined,
    ],
    [
      'does not wait when a batch is full',
      [ask('a', 0), ask('b', 1), ask('c', 2)],
      2,
      [['a', 'b', 'c']],
      undefined,
    ],
    [
      'keeps lanes apart',
      [ask('a', 0, lane('control')), ask('b', 0, lane('worker'))],
      100,
      [['a'], ['b']],
      undefined,
    ],
    ['starts nothing when nobody waits', [], 100, [], undefined],
  ] as const)('%s', (_, waiting, nowMs, started, wakeAtMs) => {
    const decision = decide(waiting, [], nowMs, limits);
    expect(names(decision.start)).toEqual(started);
    expect(decision.wakeAtMs).toBe(wakeAtMs);
  });

  it('leaves a machine alone that is in a process', () => {
    const waiting = [ask('a', 0), ask('b', 0)];
    expect(names(decide(waiting, [running('x', 'a')], 100, limits).start)).toEqual([['b']]);
  });

  it('waits twice as long with every process of its lane, until its processes reach as far as they last', () => {
    const many = { ...limits, maxProcesses: 9 };
    const due = (processes: number, lastedMs = 0) => {
      const mates = Array.from({ length: processes }, () => running('prepare.yml'));
      const lasted = new Map([['prepare.yml', { lastedMs, toCome: 0 }]]);
      return decide([ask('a', 0)], [...mates, running('other')], 0, many, lasted).wakeAtMs;
    };
    expect([due(0), due(1), due(2), due(7)]).toEqual([100, 200, 400, 3000]);
    expect(due(8, 90_000)).toBe(10_000);
  });

  it('shares out the processes that are left among the machines that are to come', () => {
    const roomy = { windowMs: 100, maxProcesses: 4, maxHosts: 50, room: 1000 };
    const lane = (toCome: number) => new Map([['prepare.yml', { lastedMs: 0, toCome }]]);
    const batch = (count: number) => Array.from({ length: count }, (_, i) => ask(`n${i}`, 0));
    const due = (waiting: number, toCome: number, processes = 0) => {
      const mates = Array.from({ length: processes }, () => running('prepare.yml'));
      return decide(batch(waiting), mates, 0, roomy, lane(toCome)).wakeAtMs;
    };
    // 40 machines and four processes: ten each, and the first nine wait for the tenth, but not for ever.
    expect(due(9, 31)).toBe(30_000);
    expect(names(decide(batch(10), [], 0, roomy, lane(30)).start)).toHaveLength(1);
    // Few enough are to come for the processes that are left.
    expect(due(9, 20)).toBe(100);
    expect([due(1, 8, 2), due(1, 9, 2)]).toEqual([400, 30_000]);
    // The last process takes all that are left.
    expect([due(1, 0, 3), due(1, 1, 3)]).toEqual([800, 30_000]);
  });

  describe('with little room', () => {
    const tight = { windowMs: 100, maxProcesses: 9, maxHosts: 50, room: 20 };
    const batch = (count: number) => Array.from({ length: count }, (_, i) => ask(`n${i}`, 0));
    const busy = (lane: string, count: number) =>
      running(lane, ...Array.from({ length: count }, (_, i) => `m${i}`));
    const started = (count: number, ...mates: Running[]) =>
      names(decide(batch(count), mates, 200, tight).start).flat().length;

    it('starts no more than there is room for, whatever lane took it', () => {
      const mate = busy('prepare.yml', 1);
      expect(started(2, mate, busy('x', 4))).toBe(0);
      expect(started(2, mate)).toBe(2);
    });

    it('counts the machines that a process still works on, and not those it began with', () => {
      const many = busy('prepare.yml', 12);
      expect(started(2, many)).toBe(0);
      expect(started(2, { ...many, hosts: new Set(['m0', 'm1']) })).toBe(2);
    });

    it('lets a lane have its first process all the same: others may wait for it', () => {
      expect(started(2, busy('x', 20))).toBe(2);
    });

    it('lets machines wait for each other that would not fit in processes of their own', () => {
      const lane = new Map([['prepare.yml', { lastedMs: 0, toCome: 10 }]]);
      expect(decide(batch(2), [], 0, tight, lane).wakeAtMs).toBe(30_000);
      expect(decide(batch(2), [], 0, { ...tight, room: 100 }, lane).wakeAtMs).toBe(100);
    });
  });

  it('runs one process of an exclusive lane at a time', () => {
    const waiting = [ask('b', 0, lane('control', true))];
    expect(decide(waiting, [{ ...running('control', 'a'), exclusive: true }], 200, limits)).toEqual({
      start: [],
      wakeAtMs: undefined,
    });
  });

  it('never runs too many processes, too many machines, or a machine twice', () => {
    const request = fc.record({
      host: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
      sinceMs: fc.nat(200),
      lane: fc.constantFrom('x', 'y', 'z'),
    });
    const property = fc.property(fc.array(request), fc.nat(300), (drawn, nowMs) => {
      const waiting = drawn.map(each => ask(each.host, each.sinceMs, lane(each.lane, each.lane === 'z')));
      const { start } = decide(waiting, [], nowMs, limits);
      const hosts = start.flat().map(each => each.host);
      for (const lane of ['x', 'y', 'z'])
        expect(start.filter(batch => batch[0].lane === lane).length).toBeLessThanOrEqual(limits.maxProcesses);
      expect(start.every(batch => batch.length <= limits.maxHosts)).toBe(true);
      expect(new Set(hosts).size).toBe(hosts.length);
      expect(start.filter(batch => batch[0].lane === 'z').length).toBeLessThanOrEqual(1);
    });
    fc.assert(property);
  });
});
