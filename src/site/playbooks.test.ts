import { expect, test } from 'vitest';
import { createBatcher } from '../ansible/batcher.ts';
import { systemId } from '../core/ids.ts';
import { playbooksThrough } from './playbooks.ts';

const target = {
  id: systemId('abc'),
  name: 'node-01',
  role: 'control-plane',
  first: true,
  wipe: false,
} as const;

async function failing(message: string, logPath = '/runs/1/cluster.log') {
  const outcome = { ok: false, changed: 0, failed: true, unreachable: false };
  const batcher = createBatcher({
    run: async () => ({
      ok: false,
      hosts: { 'node-01': { ...outcome, failure: { task: 'Run kubeadm init', message } } },
      logPath,
    }),
    limits: { windowMs: 0 },
  });
  return playbooksThrough(batcher, 1).run('cluster', target, () => undefined);
}

test.each<[string, string, string]>([
  [
    'an image that is not there',
    '[preflight] Some fatal errors occurred:\n\t[ERROR ImagePull]: failed to pull image registry.k8s.io/etcd:3.6.4-0: failed to pull image "registry.k8s.io/etcd:3.6.4-0": not found',
    'reaches the registry of registry.k8s.io/etcd:3.6.4-0, and that the image is there',
  ],
  [
    'an image in the words of containerd',
    'E1123 remote_image.go:238] failed to pull image "10.0.0.1:5000/pause:3.10": dial tcp: refused',
    'reaches the registry of 10.0.0.1:5000/pause:3.10, and',
  ],
  [
    'a token that has expired',
    'could not find a JWS signature in the cluster-info ConfigMap for token ID "abcdef"',
    'look at the clock of the first control plane',
  ],
  [
    'a full disk',
    'write /var/lib/etcd: No space left on device',
    'make room on the disk of node-01; the whole output is in /runs/1/cluster.log',
  ],
  ['anything else', 'unexpected', 'the whole output is in /runs/1/cluster.log'],
])('%s: says what to try', async (_, message, hint) => {
  await expect(failing(message)).rejects.toMatchObject({
    code: 'ANSIBLE_FAILED',
    message: 'cluster.yml failed on node-01',
    because: `task "Run kubeadm init": ${message}`,
    hint: expect.stringContaining(hint),
  });
});
