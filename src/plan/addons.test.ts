import { expect, test } from 'vitest';
import type { InstalledAddon } from '../addons/installed.ts';
import { type PinnedAddon, planAddons } from './addons.ts';

function wanted(name: string, more: Partial<PinnedAddon> = {}): PinnedAddon {
  return {
    name,
    namespace: 'default',
    source: { kind: 'manifests', version: '1', from: [] },
    needs: [],
    needsCapabilities: [],
    provides: [],
    version: '1',
    fingerprint: 'same',
    ...more,
  } as unknown as PinnedAddon;
}

function installed(name: string, more: Partial<InstalledAddon> = {}): InstalledAddon {
  return {
    name,
    kind: 'manifests',
    version: '1',
    namespace: 'default',
    fingerprint: 'same',
    objects: [],
    needs: [],
    deployed: true,
    ...more,
  };
}

function changes(file: PinnedAddon[], there: InstalledAddon[]): Record<string, string> {
  const planned = planAddons(file, {
    state: 'answers',
    version: 'v1.36.0',
    nodes: new Map(),
    addons: new Map(there.map(addon => [addon.name, addon])),
  });
  return Object.fromEntries(
    planned.map(({ target, change, loses }) => [
      target.name,
      loses === undefined ? change : `${change}, ${loses}`,
    ]),
  );
}

test('what is there as it is wanted is left alone', () => {
  expect(changes([wanted('a')], [installed('a')])).toEqual({ a: 'none' });
});

test('what is missing is installed, what differs is upgraded, what is not wanted is removed', () => {
  const there = [installed('b', { fingerprint: 'other' }), installed('c', { losesData: 'data is lost' })];
  expect(changes([wanted('a'), wanted('b')], there)).toEqual({
    a: 'install',
    b: 'upgrade',
    c: 'remove, data is lost',
  });
});

test('what was cut off, or what Helm does not have, is installed again', () => {
  const there = [installed('a', { fingerprint: '' }), installed('b', { deployed: false })];
  expect(changes([wanted('a'), wanted('b')], there)).toEqual({ a: 'upgrade', b: 'upgrade' });
});

test('in another namespace it is removed first, so what is lost is said', () => {
  const there = [installed('a', { namespace: 'old', fingerprint: 'other', losesData: 'data is lost' })];
  expect(changes([wanted('a')], there)).toEqual({ a: 'upgrade, data is lost' });
});

test('it waits for what it names, and for what provides what it needs', () => {
  const file = [
    wanted('app', { needs: ['database'], needsCapabilities: ['default-storage-class'] }),
    wanted('database'),
    wanted('disks', { provides: ['default-storage-class'] }),
    wanted('other'),
  ];
  const [app] = planAddons(file, { state: 'unknown' });
  expect(app?.target.needs).toEqual(['database', 'disks']);
});
