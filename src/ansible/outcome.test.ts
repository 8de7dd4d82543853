import { describe, expect, it } from 'vitest';
import type { AnsibleEvent, HostEvent } from './events.ts';
import { emptyTally, outcomes, tally } from './outcome.ts';

const host = (name: string, status: HostEvent['status'], more: Partial<HostEvent> = {}): AnsibleEvent => ({
  event: 'host',
  host: name,
  task: 'role : Task',
  status,
  seconds: 1,
  output: {},
  ...more,
});
const stats = (
  hosts: Record<string, Partial<Record<'ok' | 'changed' | 'failures' | 'unreachable', number>>>,
) =>
  ({
    event: 'stats',
    hosts: Object.fromEntries(
      Object.entries(hosts).map(([name, counts]) => [
        name,
        { ok: 0, changed: 0, failures: 0, unreachable: 0, skipped: 0, ...counts },
      ]),
    ),
  }) as const satisfies AnsibleEvent;
const end = (complete = true): AnsibleEvent => ({ event: 'end', complete });
const fold = (...events: AnsibleEvent[]) => events.reduce(tally, emptyTally);

describe('the outcome of a playbook', () => {
  it('is one entry for each machine that was asked for', () => {
    const seen = fold(host('a', 'changed'), stats({ a: { ok: 2, changed: 1 } }), end());
    expect(outcomes(['a', 'b'], seen, 1)).toEqual({
      a: { ok: true, changed: 1, failed: false, unreachable: false },
      b: { ok: true, changed: 0, failed: false, unreachable: false },
    });
  });

  it('says where and why a machine failed, and lets the others be good', () => {
    const seen = fold(
      host('a', 'failed', { message: 'no such package' }),
      host('b', 'ok'),
      stats({ a: { failures: 1 }, b: { ok: 1 } }),
      end(),
    );
    const { a, b } = outcomes(['a', 'b'], seen, 1);
    expect(a).toMatchObject({
      ok: false,
      failed: true,
      failure: { task: 'role : Task', message: 'no such package' },
    });
    expect(b).toMatchObject({ ok: true });
  });

  it('does not hold an ignored or rescued failure against a machine', () => {
    const seen = fold(
      host('a', 'failed', { ignored: true, message: 'x' }),
      host('b', 'failed', { message: 'x' }),
      stats({ a: { ok: 1 }, b: { ok: 1 } }),
      end(),
    );
    for (const outcome of Object.values(outcomes(['a', 'b'], seen, 1))) {
      expect(outcome).toEqual({ ok: true, changed: 0, failed: false, unreachable: false });
    }
  });

  it.each([
    ['plays were left out', [stats({ a: { failures: 1 }, b: { ok: 3 } }), end(false)], 1],
    ['later playbooks were left out', [stats({ a: { failures: 1 }, b: { ok: 3 } }), end()], 2],
    ['it was killed', [host('b', 'ok')], 1],
  ])('is bad for machines without a failure when %s', (_, events, playbooks) => {
    expect(outcomes(['b'], fold(...events), playbooks)['b']).toMatchObject({
      ok: false,
      failed: false,
      failure: { message: expect.stringContaining('ended before') },
    });
  });
});
