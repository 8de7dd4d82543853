import { describe, expect, test } from 'vitest';
import { findImage, type ImageReference, parseImageName } from './image-name.ts';

const name = (registry: string, repository: string, tag: string): ImageReference => ({
  registry,
  repository,
  tag,
});

describe('the name of an image', () => {
  test.each([
    ['busybox', name('docker.io', 'library/busybox', 'latest')],
    ['busybox:1.35', name('docker.io', 'library/busybox', '1.35')],
    ['flannel/flannel:v1', name('docker.io', 'flannel/flannel', 'v1')],
    ['registry.k8s.io/coredns/coredns:v1.14.2', name('registry.k8s.io', 'coredns/coredns', 'v1.14.2')],
    ['localhost:5000/a:b', name('localhost:5000', 'a', 'b')],
    ['localhost/a', name('localhost', 'a', 'latest')],
  ])('%s', (text, expected) => expect(parseImageName(text)).toEqual(expected));

  test.each(['', 'registry.k8s.io/pause@sha256:00'])('%j is none', text =>
    expect(parseImageName(text)).toBeUndefined(),
  );
});

describe('the image that a client gets', () => {
  const images = [
    name('k8s.gcr.io', 'pause', '3.2'),
    name('registry.k8s.io', 'pause', '3.2'),
    name('docker.io', 'library/busybox', '1.35'),
  ];

  test.each([
    ['registry.k8s.io', 'pause', '3.2', images[1]],
    ['elsewhere.example', 'pause', '3.2', images[0]],
    [undefined, 'pause', '3.2', images[0]],
    ['registry.example', 'mirror/pause', '3.2', images[0]],
    ['k8s.gcr.io', 'pause', '3.3', undefined],
    ['docker.io', 'busybox', '1.35', undefined],
  ])('%s %s %s', (registry, repository, tag, expected) =>
    expect(findImage(images, { registry, repository, tag })).toEqual(expected),
  );
});
