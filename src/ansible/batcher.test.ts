import { describe, expect, it } from 'vitest';
import { createBatcher, type HostEnded, limitsFor } from './batcher.ts';
import type { PlaybookResult } from './run.ts';

it.each([
  [4, 198],
  [24, 1189],
])('a computer with %d GiB has room for the weight of %d machines', (gibibytes, room) => {
  expect(limitsFor(gibibytes * 2 ** 30)).toMatchObject({ room });
});

/** A clock that stands still until told otherwise. */
function manualClock() {
  let nowMs = 0;
  let alarms: { atMs: number; ring: () => void }[] = [];
  return {
    nowMs: () => nowMs,
    after(delayMs: number, ring: () => void) {
      const alarm = { atMs: nowMs + delayMs, ring };
      alarms.push(alarm);
      return () => {
        alarms = alarms.filter(other => other !== alarm);
      };
    },
    advance(byMs: number) {
      nowMs += byMs;
      const due = alarms.filter(alarm => alarm.atMs <= nowMs);
      alarms = alarms.filter(alarm => alarm.atMs > nowMs);
      for (const alarm of due) alarm.ring();
    },
  };
}

const good = { ok: true, changed: 1, failed: false, unreachable: false };
const bad = { ok: false, changed: 0, failed: true, unreachable: false, failure: { task: 't', message: 'm' } };

/** Records what was started; each process ends when told. */
function manualRuns() {
  const started: {
    playbooks: readonly string[];
    hosts: readonly string[];
    end: (result: Omit<PlaybookResult, 'ok'>) => void;
    fail: (error: Error) => void;
    ended: HostEnded;
  }[] = [];
  const run = (playbooks: readonly string[], hosts: readonly string[], ended: HostEnded) =>
    new Promise<PlaybookResult>((resolve, reject) => {
      started.push({
        playbooks,
        hosts,
        ended,
        end: result => resolve({ ok: true, ...result }),
        fail: reject,
      });
    });
  return { started, run };
}

describe('a batcher', () => {
  const limits = { windowMs: 100, maxProcesses: 1, maxHosts: 10, room: 1000 };

  it('runs machines that come within the window in one process, and tells each its own outcome', async () => {
    const clock = manualClock();
    const { started, run } = manualRuns();
    const batcher = createBatcher({ run, limits, clock });
    const a = batcher.run('prepare.yml', 'a');
    clock.advance(60);
    const b = batcher.run('prepare.yml', 'b');
    expect(started).toHaveLength(0);
    clock.advance(40);
    expect(started.map(({ playbooks, hosts }) => ({ playbooks, hosts }))).toEqual([
      { playbooks: ['prepare.yml'], hosts: ['a', 'b'] },
    ]);
    started[0]?.end({ hosts: { a: good, b: bad }, logPath: 'log' });
    expect(await a).toEqual({ ...good, logPath: 'log' });
    expect(await b).toEqual({ ...bad, logPath: 'log' });
  });

  it('starts late comers when a process is free again', async () => {
    const clock = manualClock();
    const { started, run } = manualRuns();
    const batcher = createBatcher({ run, limits, clock });
    const a = batcher.run('prepare.yml', 'a');
    clock.advance(100);
    const b = batcher.run('prepare.yml', 'b');
    clock.advance(200);
    expect(started).toHaveLength(1);
    started[0]?.end({ hosts: { a: good }, logPath: '1' });
    await a;
    await expect.poll(() => started.length).toBe(2);
    started[1]?.end({ hosts: { b: good }, logPath: '2' });
    expect(await b).toMatchObject({ ok: true, logPath: '2' });
  });

  it('lets a machine go on that is done before the others of its process', async () => {
    const clock = manualClock();
    const { started, run } = manualRuns();
    const batcher = createBatcher({ run, limits: { ...limits, maxProcesses: 2 }, clock });
    const [a, b] = [batcher.run('prepare.yml', 'a'), batcher.run('prepare.yml', 'b')];
    clock.advance(100);
    started[0]?.ended('a', { ...good, logPath: 'early' });
    expect(await a).toMatchObject({ ok: true, logPath: 'early' });
    const next = batcher.run('cluster.yml', 'a');
    clock.advance(100);
    expect(started.map(({ hosts }) => hosts)).toEqual([['a', 'b'], ['a']]);
    started[0]?.end({ hosts: { a: bad, b: good }, logPath: 'log' });
    expect(await b).toMatchObject({ ok: true, logPath: 'log' });
    started[1]?.end({ hosts: { a: good }, logPath: 'log' });
    await next;
  });

  it('answers for a playbook that a process has gone on with, and starts none for it', async () => {
    const clock = manualClock();
    const { started, run } = manualRuns();
    const batcher = createBatcher({ run, limits: { ...limits, maxProcesses: 2 }, clock });
    const cluster = batcher.run('cluster.yml', 'a', { goesOnWith: 'configure.yml' });
    clock.advance(100);
    expect(started[0]?.playbooks).toEqual(['cluster.yml', 'configure.yml']);
    started[0]?.ended('a', { ...good, logPath: 'early' });
    expect(await cluster).toMatchObject({ ok: true, logPath: 'early' });
    const configure = batcher.run('configure.yml', 'a');
    started[0]?.end({ hosts: { a: bad }, logPath: 'log' });
    expect(await configure).toEqual({ ...bad, logPath: 'log' });
    const again = batcher.run('configure.yml', 'a');
    await expect.poll(() => (clock.advance(100), started.length)).toBe(2);
    expect(started[1]?.playbooks).toEqual(['configure.yml']);
    started[1]?.end({ hosts: { a: good }, logPath: 'log' });
    expect(await again).toMatchObject({ ok: true });
  });

  it('keeps a machine from a second process while the first one goes on there', async () => {
    const clock = manualClock();
    const { started, run } = manualRuns();
    const batcher = createBatcher({ run, limits: { ...limits, maxProcesses: 2 }, clock });
    const chain = { goesOnWith: 'configure.yml' };
    const first = batcher.run('cluster.yml', 'a', chain);
    clock.advance(100);
    started[0]?.ended('a', { ...good, logPath: 'early' });
    await first;
    const repeated = batcher.run('cluster.yml', 'a', chain);
    clock.advance(5_000);
    expect(started).toHaveLength(1);
    started[0]?.fail(new Error('no'));
    await expect.poll(() => (clock.advance(100), started.length)).toBe(2);
    started[1]?.end({ hosts: { a: good }, logPath: 'log' });
    expect(await repeated).toMatchObject({ ok: true });
    expect(await batcher.run('configure.yml', 'a')).toMatchObject({ ok: true });
  });

  it('rejects for every machine when the process could not work, and goes on', async () => {
    const clock = manualClock();
    const { started, run } = manualRuns();
    const batcher = createBatcher({ run, limits, clock });
    const both = Promise.allSettled([batcher.run('x.yml', 'a'), batcher.run('x.yml', 'b')]);
    clock.advance(100);
    started[0]?.fail(new Error('no'));
    expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = batcher.run('x.yml', 'a');
    clock.advance(100);
    started[1]?.end({ hosts: {}, logPath: 'log' });
    expect(await again).toMatchObject({
      ok: false,
      failure: { message: expect.stringContaining('said nothing') },
    });
  });
});
