import { describe, expect, test } from 'vitest';
import { mirroredSource, mirroredUrl, spelling, urlOfPath } from './address.ts';

const mirror = 'http://mirror.example:3140';

test.each([
  'https://pkgs.k8s.io/core:/stable:/v1.36/deb/',
  'http://deb.debian.org/debian/pool/main/g/gcc-12/libstdc++6_12.2.0-14_amd64.deb',
  'https://charts.example.org:8443/index.yaml',
])('%s comes back from its address on the mirror', url => {
  const { pathname } = new URL(mirroredUrl(`${mirror}/`, url));
  expect(urlOfPath(pathname)).toBe(spelling(url));
});

test('apt writes %2b for a plus sign', () =>
  expect(urlOfPath('/http/deb.example/libstdc%2b%2b6_1%2bdeb12.deb')).toBe(
    'http://deb.example/libstdc++6_1+deb12.deb',
  ));

test.each(['/', '/v2/', '/file/etc/passwd', '/https/', '/ftp/host/x'])('%s is no address of a file', path =>
  expect(urlOfPath(path)).toBeUndefined(),
);

describe('where an add-on is on the mirror', () => {
  test('a chart of a repository, one in a registry, manifests', () => {
    const chart = { repository: 'https://charts.example.org/x', name: 'web', version: '1.0.0' };
    expect(mirroredSource(mirror, { kind: 'chart', chart })).toEqual({
      kind: 'chart',
      chart: { ...chart, repository: `${mirror}/https/charts.example.org/x` },
    });
    const oci = { oci: 'oci://ghcr.io/group/web', version: '1.0.0' };
    expect(mirroredSource(mirror, { kind: 'chart', chart: oci })).toEqual({
      kind: 'chart',
      chart: { oci: 'oci://mirror.example:3140/ghcr.io/group/web', version: '1.0.0', plainHttp: true },
    });
    const from = ['https://host.example/a.yaml', '/home/me/b.yaml'];
    expect(mirroredSource(mirror, { kind: 'manifests', version: 'own', from })).toMatchObject({
      from: [`${mirror}/https/host.example/a.yaml`, '/home/me/b.yaml'],
    });
  });

  test('what lies on this computer stays there', () => {
    const source = { kind: 'chart', chart: { path: '/charts/web' } } as const;
    expect(mirroredSource(mirror, source)).toEqual(source);
  });
});
