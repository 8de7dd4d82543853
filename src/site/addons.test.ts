import { expect, test } from 'vitest';
import { systemId } from '../core/ids.ts';
import type { Machine } from '../maas/machine.ts';
import type { PinnedAddon } from '../plan/addons.ts';
import { createAddons } from './addons.ts';
import { createFactStore } from './fact-store.ts';

test('an add-on that needs a newer kernel is refused before anything of it is in the cluster', async () => {
  const machine = { id: systemId('aaa'), hostname: 'n1', annotations: { 'coldstart.joined': 'garage' } };
  const node = { name: 'n1', kernel: '5.4.0-216-generic' };
  const store = createFactStore({
    user: 'admin',
    machines: new Map([[machine.id, machine as unknown as Machine]]),
    kubernetes: {
      state: 'answers',
      version: 'v1.36.0',
      nodes: new Map([['n1', node as never]]),
      addons: new Map(),
    },
  });
  let touched = false;
  const kubernetes = {
    observe: () => Promise.resolve(store.kubernetes()),
    client() {
      touched = true;
      return Promise.reject(new Error('nobody may ask'));
    },
    close: () => undefined,
  };
  const addons = createAddons({ kubernetes, helm: {} as never, store });
  const kernel = { from: '5.10', for: 'its programs in the kernel' };
  const addon = { name: 'cilium', fingerprint: 'x', kernel } as PinnedAddon;
  expect(await addons.isInstalled(addon)).toBe(false);
  await expect(addons.install(addon, [], new AbortController().signal)).rejects.toMatchObject({
    code: 'KERNEL_TOO_OLD',
    message: 'cilium needs Linux 5.10 or newer for its programs in the kernel, and n1 runs 5.4.0-216-generic',
  });
  expect(touched).toBe(false);
});
