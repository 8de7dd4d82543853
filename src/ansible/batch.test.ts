import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Batch, decide, type Request } from './batch.ts';

const limits = { windowMs: 100, maxProcesses: 2, maxHosts: 3 };
const ask = (host: string, sinceMs: number, more: Partial<Request> = {}): Request => ({
  host,
  playbook: 'prepare.yml',
  lane: 'prepare.yml',
  exclusive: false,
  sinceMs,
  ...more,
});
const names = (batches: readonly Batch[]) => batches.map(batch => batch.map(request => request.host));
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
    expect(names(decide([ask('a', 0), ask('b', 0)], [[ask('a', 0, lane('x'))]], 100, limits).start)).toEqual([
      ['b'],
    ]);
  });

  it('runs one process of an exclusive lane at a time', () => {
    const waiting = [ask('b', 0, lane('control', true))];
    expect(decide(waiting, [[ask('a', 0, lane('control', true))]], 100, limits)).toEqual({
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
      expect(start.length).toBeLessThanOrEqual(limits.maxProcesses);
      expect(start.every(batch => batch.length <= limits.maxHosts)).toBe(true);
      expect(new Set(hosts).size).toBe(hosts.length);
      expect(start.filter(batch => batch[0].lane === 'z').length).toBeLessThanOrEqual(1);
    });
    fc.assert(property);
  });
});
