import { describe, expect, test } from 'vitest';
import type { PlainTree } from '../definition.ts';
import { neededBy } from '../wanted.ts';
import { catalogue } from './index.ts';
import { furnish, refusals } from './site.fixture.ts';

const names = catalogue.map(({ name }) => name);

/** What each add-on cannot do without. */
const least: Record<string, PlainTree> = {
  metallb: { addresses: ['192.168.10.200-192.168.10.220'] },
  'csi-driver-nfs': { servers: { nas: { server: 'nas.home.arpa', share: '/volume1/kubernetes' } } },
  'prometheus-ipmi-exporter': { targets: ['192.168.20.11'] },
};

/** Nearly every setting at once, in a site that has everything around it. */
const rich: Record<string, PlainTree> = {
  flannel: { backend: 'host-gw', mtu: 9000 },
  calico: { encapsulation: 'None', mtu: 9000, whisker: true },
  cilium: { devices: ['br-eno1'], directRoutes: true, gateway: true, hubble: true, operatorReplicas: 2 },
  metallb: { addresses: ['192.168.10.208/28', '192.168.10.240'], interfaces: ['br-eno1'] },
  'csi-driver-nfs': {
    servers: {
      nas: { server: '192.168.10.5', share: '/volume1/kubernetes', mountOptions: ['nfsvers=3'] },
      archive: { server: 'old.home.arpa', share: '/export', subDir: 'pods', onDelete: 'retain' },
    },
    defaultClass: 'archive',
  },
  'local-path-provisioner': {
    path: '/srv/volumes',
    className: 'fast',
    defaultClass: false,
    reclaimPolicy: 'Retain',
  },
  'gateway-api': {},
  'envoy-gateway': { address: '192.168.10.200', replicas: 2 },
  traefik: { address: '192.168.10.201', replicas: 2, defaultClass: false },
  'cert-manager': { issuer: 'letsencrypt', email: 'me@example.org' },
  headlamp: { host: 'headlamp.example.org', role: 'admin' },
  'metrics-server': { replicas: 2, verifyKubelets: true },
  'kube-prometheus-stack': {
    host: 'grafana.example.org',
    retentionDays: 30,
    storageGiB: 50,
    storageClass: 'nas',
    alertmanager: false,
    controlPlaneMetrics: true,
  },
  'prometheus-ipmi-exporter': {
    targets: ['192.168.20.11', 'bmc-2.home.arpa'],
    configSecret: 'bmc',
    module: 'quiet',
    intervalSeconds: 120,
  },
  spegel: { registries: ['docker.io', 'ghcr.io'] },
};

describe('every add-on', () => {
  test.each(names)('%s alone, with defaults', name => {
    const { [name]: addon } = furnish({ [name]: least[name] ?? true });
    expect({ values: addon?.values, objects: addon?.objects, ready: addon?.ready }).toMatchSnapshot('alone');
  });

  test.each(names)('%s with its settings, among others', name => {
    const around = name === 'cilium' ? ['gateway-api'] : ['envoy-gateway'];
    const others = [...around, 'cert-manager', 'local-path-provisioner'].map(other => [other, rich[other]]);
    const site = furnish({ ...Object.fromEntries(others), [name]: rich[name] });
    const { values, objects, ready, provides, dashboards, afterwards } = site[name] ?? {};
    expect({ values, objects, ready, provides, dashboards, afterwards }).toMatchSnapshot('rich');
  });

  test('has a name that is a release and nobody else has', () => {
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter(name => !/^[a-z][a-z0-9-]{0,52}$/.test(name))).toEqual([]);
  });

  test('pins an exact version', () => {
    const versions = catalogue.map(({ source }) =>
      source.kind === 'manifests' ? source.version : 'version' in source.chart && source.chart.version,
    );
    expect(versions.filter(version => !/^v?\d+\.\d+\.\d+$/.test(String(version)))).toEqual([]);
  });

  test('says which version was checked, and where in that version', () => {
    for (const { name, checked } of catalogue) {
      expect([name, checked.version]).toEqual([name, expect.stringMatching(/\d/)]);
      expect([name, checked.at]).toEqual([name, expect.stringMatching(/^https:\/\/github\.com\/.+\/.+/)]);
    }
    // A branch moves on: what was read there cannot be read again.
    const onBranch = catalogue.filter(
      ({ checked, source }) =>
        source.kind === 'chart' && /\/blob\/(?:master|main)\/(?!site\/)/.test(checked.at),
    );
    expect(onBranch.map(({ name }) => name)).toEqual([]);
  });

  test('describes every setting, and leaves the two names alone that all charts have', () => {
    for (const { name, settings } of catalogue) {
      for (const [key, field] of Object.entries(settings.shape)) {
        expect(`${name}.${key}: ${String(Reflect.get(field, 'description'))}`).not.toContain('undefined');
        expect(['version', 'values']).not.toContain(key);
      }
    }
  });

  test('says what it needs of Kubernetes in a version that can be read', () => {
    const ranges = catalogue.flatMap(({ needs }) => Object.values(needs?.kubernetes ?? {}));
    expect(ranges.filter(version => !/^1\.\d+$/.test(version))).toEqual([]);
  });

  test('gives Kubernetes nothing but plain JSON, each object once', () => {
    const site = furnish({ ...rich, 'gateway-api': undefined });
    for (const { values, objects } of Object.values(site)) {
      expect(JSON.parse(JSON.stringify(values))).toEqual(values);
      expect(JSON.parse(JSON.stringify(objects))).toEqual(objects);
    }
    const ids = Object.values(site)
      .filter(({ name }) => name !== 'cilium')
      .flatMap(({ objects }) =>
        objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace} ${metadata.name}`),
      );
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe('settings that cannot be', () => {
  test.each<[string, PlainTree, string]>([
    ['metallb', {}, 'metallb.addresses'],
    ['metallb', { addresses: [] }, 'addresses'],
    ['metallb', { addresses: ['192.168.10.9-192.168.10.1'] }, 'ends before it begins'],
    ['metallb', { addresses: ['192.168.10.5/28'] }, 'did you mean 192.168.10.0/28'],
    ['metallb', { addresses: ['nas'] }, 'must be addresses such as'],
    ['csi-driver-nfs', { servers: {} }, 'needs one server at least'],
    ['csi-driver-nfs', { servers: { nas: { server: 'nas', share: 'volume1' } } }, 'must begin with /'],
    ['local-path-provisioner', { path: '/' }, 'must be an absolute path, and not /'],
    ['cert-manager', { issuer: 'letsencrypt', email: 'me' }, 'email'],
    ['cilium', { devices: ['eno1 eno2'] }, 'must be a network device'],
    ['flannel', { backend: 'udp' }, 'backend'],
    ['headlamp', { host: 'Headlamp' }, 'must be a DNS domain'],
    ['prometheus-ipmi-exporter', { targets: [] }, 'targets'],
    ['spegel', { registries: ['https://docker.io'] }, 'must be the host of a registry'],
    ['traefik', { colour: 'blue' }, 'colour'],
  ])('%s %j', (name, settings, expected) => {
    expect(refusals({ [name]: settings }).join('\n')).toContain(expected);
  });
});

describe('what does not fit together', () => {
  const nas = { server: 'nas', share: '/k' };
  const metallb = least['metallb'];
  test.each<[string, PlainTree, string, string]>([
    [
      "Cilium's gateway alone",
      { cilium: { gateway: true }, 'gateway-api': true },
      'cilium',
      'its gateway needs a load balancer',
    ],
    [
      'two gateways',
      { cilium: { gateway: true }, 'gateway-api': true, metallb, 'envoy-gateway': true },
      'envoy-gateway',
      "cilium makes the site's gateway too",
    ],
    [
      'definitions twice',
      { 'gateway-api': true, 'envoy-gateway': true },
      'gateway-api',
      'envoy-gateway brings its own',
    ],
    [
      'a class that is not there',
      { 'csi-driver-nfs': { servers: { nas }, defaultClass: 'tape' } },
      'csi-driver-nfs',
      'servers has no such name',
    ],
    [
      'an authority that cannot ask',
      { 'cert-manager': { issuer: 'letsencrypt', email: 'me@example.org' } },
      'cert-manager',
      'needs a way in from outside',
    ],
    [
      'an account without address',
      { 'cert-manager': { issuer: 'letsencrypt' }, traefik: true },
      'cert-manager',
      'needs email',
    ],
    [
      'measurements without a place',
      { 'kube-prometheus-stack': true },
      'kube-prometheus-stack',
      'needs a default storage class',
    ],
    [
      'a pool among the pods',
      { metallb: { addresses: ['10.244.1.0/28'] } },
      'metallb',
      'overlaps kubernetes.podSubnet',
    ],
    [
      'a pool among the services',
      { metallb: { addresses: ['10.96.0.10'] } },
      'metallb',
      'overlaps kubernetes.serviceSubnet',
    ],
    [
      'a pool with the API',
      { metallb: { addresses: ['192.168.10.0/24'] } },
      'metallb',
      'overlaps kubernetes.endpoint',
    ],
    [
      'a pool twice',
      { metallb: { addresses: ['192.168.20.1-192.168.20.9', '192.168.20.9'] } },
      'metallb',
      'have addresses in common',
    ],
  ])('%s', (_what, addons, name, expected) => {
    const site = furnish(addons, { endpoint: '192.168.10.10:6443' });
    expect(site[name]?.problems.join('\n')).toContain(expected);
  });

  test('nothing is said about a site that fits', () => {
    const site = furnish({
      metallb,
      'csi-driver-nfs': { servers: { nas } },
      'envoy-gateway': true,
      'cert-manager': true,
      'kube-prometheus-stack': true,
    });
    expect(Object.values(site).flatMap(({ problems }) => problems)).toEqual([]);
  });
});

describe('what begins after what', () => {
  const site = {
    metallb: least['metallb'],
    'gateway-api': true,
    cilium: { gateway: true },
    'cert-manager': true,
    'local-path-provisioner': true,
    'kube-prometheus-stack': true,
  };
  const neededIn = (addons: PlainTree, name: string) => {
    const all = Object.values(furnish(addons));
    return all.filter(addon => addon.name === name).flatMap(addon => neededBy(addon, all));
  };

  test.each<[string, PlainTree, string[]]>([
    ['cilium', site, ['gateway-api']],
    ['cilium', { cilium: true }, []],
    ['cert-manager', site, ['gateway-api']],
    [
      'cert-manager',
      { metallb: least['metallb'], 'envoy-gateway': true, 'cert-manager': true },
      ['envoy-gateway'],
    ],
    ['cert-manager', { 'cert-manager': true }, []],
    ['kube-prometheus-stack', site, ['local-path-provisioner']],
    ['kube-prometheus-stack', { ...site, 'kube-prometheus-stack': { storageGiB: 0 } }, []],
  ])('%s in %j', (name, addons, expected) => {
    expect(neededIn(addons, name)).toEqual(expected);
  });

  test('another version of a chart is not held to what the pinned one needs', () => {
    expect(furnish({ 'metrics-server': true })['metrics-server']?.kubernetes).toEqual({ from: '1.31' });
    const older = furnish({ 'metrics-server': { version: '3.12.2' } });
    expect(older['metrics-server']?.kubernetes).toEqual({});
  });
});
