import { expect, test } from 'vitest';
import { systemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import type { EraseKind, Plan } from '../plan/plan.ts';
import { plainPaint } from './paint.ts';
import { wipeText } from './wipe.ts';

function planOf(machines: Partial<Machine>[], erase?: EraseKind): Plan<{ id: string; title: string }> {
  return {
    intent: 'reset',
    machines: machines.map((more, index) => {
      const name = `n${index + 1}`;
      const machine = {
        id: systemId(name),
        hostname: name,
        annotations: {},
        hardware: { vendor: '', product: '', serial: '' },
        disks: [],
        ...more,
      } as unknown as Machine;
      const target = { id: machine.id, name, role: 'worker', first: false, wipe: true } as const;
      return {
        machine,
        isFresh: false,
        target: { ...target, ...(erase ? { erase } : {}) },
        steps: ['hardware.release', 'hardware.deploy'].map(id => ({ step: { id, title: id }, done: false })),
      };
    }),
    spares: [],
    refused: [],
    problems: [],
    addons: [],
    warnings: [],
  };
}

test('every machine is shown with what identifies it, what is on it, and what happens', () => {
  const plan = planOf(
    [
      {
        hardware: { vendor: '', product: '', serial: 'CZ1234' },
        owner: 'me',
        os: { system: 'debian', series: 'bookworm' },
        annotations: { 'coldstart.cluster': 'garage', 'coldstart.deployed': '2026-11-20T08:15:30.000Z' },
        disks: [
          { name: 'sda', model: 'WD', serial: '', sizeBytes: 4e12 },
          { name: 'nvme0n1', model: '', serial: '', sizeBytes: 2.5e9 },
        ],
      },
      { owner: 'me', os: { system: 'ubuntu', series: 'jammy' } },
      {},
    ],
    'quick',
  );
  expect(wipeText(plan, plainPaint, new Map([[systemId('n2'), '2026-11-22 10:01']]))).toBe(
    `
Everything on these machines will be lost:
  MACHINE  SERIAL  SYSTEM                           OWNER   DEPLOYED              DISKS                           WHAT HAPPENS
  n1       CZ1234  debian/bookworm                  me      2026-11-20 08:15 UTC  sda 4000 GB WD, nvme0n1 2.5 GB  released, disks erased (quick), deployed again
  n2       n2      ubuntu/jammy (not by coldstart)  me      2026-11-22 10:01      unknown                         released, disks erased (quick), deployed again
  n3       n3      none                             nobody  -                     unknown                         released, disks erased (quick), deployed again
  quick: the beginning and the end of every disk are overwritten; data in between can be found by who looks for it.
`.replace(/ {2,}me/g, match => match),
  );
});

test('without --erase it says that nothing is overwritten, and with no machine to wipe nothing at all', () => {
  expect(wipeText(planOf([{}]), plainPaint)).toContain('does not overwrite it');
  expect(wipeText(planOf([]), plainPaint)).toBe('');
});
