import { expect, test } from 'vitest';
import { podTrouble, type WirePod } from './pod-trouble.ts';

function pod(reason: string, message = '', init = false): WirePod {
  const container = {
    name: 'agent',
    image: 'quay.io/cilium/cilium:v1.19.1',
    state: { waiting: { reason, message } },
  };
  const statuses = init ? { initContainerStatuses: [container] } : { containerStatuses: [container] };
  return { metadata: { name: 'cilium-x7k2p' }, spec: { nodeName: 'node-02' }, status: statuses };
}

test.each(['ErrImagePull', 'ImagePullBackOff'])('%s names the image, and the node that wants it', reason => {
  for (const init of [false, true]) {
    const crashing = pod('CrashLoopBackOff');
    expect(podTrouble([crashing, pod(reason, 'Back-off pulling image', init)])).toEqual({
      seen: 'node-02 cannot pull the image quay.io/cilium/cilium:v1.19.1',
      remedy: expect.stringContaining('node-02 reaches the registry of quay.io/cilium/cilium:v1.19.1'),
    });
  }
});

test('a container that ends again and again is told in the words of the kubelet', () => {
  expect(podTrouble([pod('CrashLoopBackOff', 'back-off 40s restarting failed container')])).toEqual({
    seen: 'agent of the pod cilium-x7k2p: CrashLoopBackOff: back-off 40s restarting failed container',
  });
});

test.each<[string, WirePod[]]>([
  ['there are none', []],
  ['they are on their way', [pod('ContainerCreating'), pod('PodInitializing')]],
  [
    'they run',
    [{ metadata: { name: 'x' }, status: { containerStatuses: [{ name: 'a', image: 'b', state: {} }] } }],
  ],
  ['they are new', [{ metadata: { name: 'x' } }]],
])('nothing is said of pods when %s', (_, pods) => {
  expect(podTrouble(pods)).toBeUndefined();
});
