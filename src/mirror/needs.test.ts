import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type ClusterFile, clusterSchema } from '../config/schema.ts';
import { flannelManifest, mirrorNeeds } from './needs.ts';

const needs = (file: ClusterFile = {}) => mirrorNeeds(clusterSchema.parse(file));
const role = async (file: string) =>
  parse(await readFile(path.resolve(import.meta.dirname, '../../ansible/roles', file), 'utf8')) as Record<
    string,
    string
  >;

describe('what a cluster needs from outside', () => {
  test('packages are those that the roles install', async () => {
    const { kubernetes_packages_wanted: wanted = '' } = await role('kubernetes_packages/vars/main.yml');
    const lists = wanted.match(/\['[^\]]*\]/g)?.join() ?? '';
    const names = [...lists.matchAll(/'([a-z0-9-]+)'/g)].map(([, name]) => name);
    expect(names).toHaveLength(9);
    const listed = needs().packages.map(each => each.replace(/=.*/, ''));
    expect(listed).toEqual(expect.arrayContaining(names));
    expect(listed).toContain('containerd');
    expect(needs({ network: { plugin: 'none' } }).packages).not.toContain('containernetworking-plugins');
  });

  test("flannel's manifest is the one of the roles", async () => {
    expect((await role('settings/defaults/main.yml'))['network_manifest']).toBe(flannelManifest);
    expect(needs({ network: { plugin: 'flannel' } }).manifests).toEqual([
      { name: flannelManifest, for: 'network.plugin flannel' },
    ]);
  });

  test.each([
    ['1.36', 'kubeadm=1.36.*'],
    ['1.36.2', 'kubeadm=1.36.2-*'],
  ])('version %s is %s for apt', (version, expected) =>
    expect(needs({ kubernetes: { version } }).packages).toContain(expected),
  );

  test.each([
    ['ubuntu/noble', 'arm64', ['http://ports.ubuntu.com/ubuntu-ports/']],
    ['noble', 'amd64', ['http://archive.ubuntu.com/ubuntu/']],
    ['debian/trixie', 'amd64', ['http://deb.debian.org/debian/', 'http://deb.debian.org/debian-security/']],
  ])('packages for %s on %s come from %j', (image, architecture, expected) => {
    const sources = needs({ os: { image } }).sources(architecture) ?? [];
    expect([...new Set(sources.map(({ url }) => url))]).toEqual(expected);
  });

  test('an image that says nothing about its packages is said to be unknown', () => {
    expect(needs({ os: { image: 'custom/golden' } }).unknown.join()).toContain('custom/golden');
    expect(needs().unknown.join()).toContain('os.image');
    const source = { url: 'http://m.example/debian', suite: 'x', keyring: '/k.gpg' };
    expect(needs({ mirror: { sources: [source] } }).unknown).toEqual([]);
  });

  test('charts, manifests and images of add-ons', () => {
    const { charts, manifests, images } = needs({
      addons: { 'metrics-server': true, 'gateway-api': true },
      mirror: { images: ['quay.io/group/worker:1'] },
      verify: { image: 'quay.io/group/tools:2' },
    });
    expect(charts.map(({ name }) => name)).toEqual(['metrics-server']);
    expect(manifests.map(each => each.for)).toEqual(['add-on gateway-api']);
    expect(images).toContainEqual({ name: 'quay.io/group/worker:1', for: 'mirror.images' });
    expect(images).toContainEqual({ name: 'quay.io/group/tools:2', for: 'coldstart verify' });
  });
});
