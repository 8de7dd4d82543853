import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ColdstartError } from '../core/errors.ts';
import { type ConfigSources, type LoadedConfig, loadConfig } from './load.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coldstart-config-'));
});
afterEach(async () => rm(folder, { recursive: true }));

async function load(yaml: string | undefined, sources: Partial<ConfigSources> = {}): Promise<LoadedConfig> {
  if (yaml !== undefined) await writeFile(join(folder, 'cluster.yaml'), yaml);
  return loadConfig({ cwd: folder, env: {}, ...sources });
}

/** The lines of the error, without its headline. */
async function problems(yaml: string | undefined, sources: Partial<ConfigSources> = {}): Promise<string[]> {
  const thrown = await load(yaml, sources).catch((error: unknown) => error);
  if (!(thrown instanceof ColdstartError))
    throw new Error('a ColdstartError was expected', { cause: thrown });
  expect(thrown.code).toBe('CONFIG_INVALID');
  return thrown.message
    .split('\n')
    .slice(1)
    .map(line => line.trim());
}

describe('where settings come from', () => {
  test('nothing at all is a valid configuration', async () => {
    const { config, apiKey, file, warnings, originOf } = await load(undefined);
    expect(config).toMatchInlineSnapshot(`
      {
        "addons": {},
        "containerd": {
          "options": {},
        },
        "dns": {
          "servers": [],
        },
        "images": {
          "mirrors": {},
        },
        "kubernetes": {
          "certSANs": [],
          "dnsDomain": "cluster.local",
          "kubeadm": {
            "clusterConfiguration": {},
            "ignorePreflightErrors": [],
            "initConfiguration": {},
            "joinConfiguration": {},
            "kubeProxyConfiguration": {},
            "kubeletConfiguration": {},
            "patches": {},
            "skipPhases": [],
          },
          "podSubnet": "10.244.0.0/16",
          "runtime": "containerd",
          "serviceSubnet": "10.96.0.0/12",
          "version": "1.36",
        },
        "maas": {
          "apiKeyFile": undefined,
          "caFile": undefined,
        },
        "machines": {
          "controlPlane": {
            "tag": "k8s-master",
          },
          "excludeTag": "coldstart-never",
          "markBroken": false,
          "workers": {
            "tag": "k8s-node",
          },
        },
        "mirror": {
          "architectures": [
            "amd64",
          ],
          "images": [],
        },
        "name": "coldstart",
        "network": {
          "manifest": undefined,
          "plugin": "builtin",
        },
        "ntp": {
          "servers": [],
        },
        "os": {},
        "packages": {
          "kubernetes": {},
        },
        "power": {
          "circuits": {},
        },
        "ssh": {
          "authorizedKeys": [],
          "privateKeyFile": undefined,
        },
        "verify": {
          "image": "docker.io/library/busybox:1.35",
        },
      }
    `);
    expect({ apiKey, file, warnings }).toEqual({ apiKey: undefined, file: undefined, warnings: [] });
    expect(originOf('name')).toBe('default');
  });

  test('the environment of the 2018 system is enough', async () => {
    const env = {
      MAAS_API_URL: 'http://172.16.16.2:5240/MAAS/',
      MAAS_API_KEY: ' a:b:c\n',
      K8S_MASTER_TAG: 'boss',
      K8S_HOST_TAG: 'hands',
    };
    const { config, apiKey, originOf } = await load(undefined, { env });
    expect(config.maas.url).toBe('http://172.16.16.2:5240/MAAS/');
    expect(config.machines).toMatchObject({ controlPlane: { tag: 'boss' }, workers: { tag: 'hands' } });
    expect(apiKey?.reveal()).toBe('a:b:c');
    expect(JSON.stringify(config)).not.toContain('a:b:c');
    expect(originOf('maas.url')).toBe('MAAS_API_URL');
    expect(originOf('machines.workers.tag')).toBe('K8S_HOST_TAG');
  });

  test('later sources win, one setting at a time', async () => {
    const { config, originOf } = await load(
      'name: file\nmaas: {url: "http://file/MAAS"}\nmachines: {workers: {tag: file}}\nos: {image: debian/trixie}\n',
      {
        env: { MAAS_API_URL: 'http://env/MAAS', K8S_MASTER_TAG: 'env', K8S_HOST_TAG: 'env' },
        siteDefaults: {
          name: 'site',
          machines: { controlPlane: { tag: 'site' } },
          os: { image: 'debian/bookworm', kernel: 'site' },
        },
        flags: { kubernetes: { version: '1.35' } },
      },
    );
    expect(config).toMatchObject({
      name: 'file',
      maas: { url: 'http://env/MAAS' },
      machines: { controlPlane: { tag: 'site' }, workers: { tag: 'file' } },
      os: { image: 'debian/trixie', kernel: 'site' },
      kubernetes: { version: '1.35' },
    });
    const origins = [
      'name',
      'machines.controlPlane.tag',
      'maas.url',
      'kubernetes.version',
      'dns.servers',
    ].map(originOf);
    expect(origins).toEqual([
      'cluster.yaml:1:7',
      'site defaults',
      'MAAS_API_URL',
      'command line (kubernetes.version)',
      'default',
    ]);
  });

  test('empty variables, empty sections and an empty file are as good as none', async () => {
    const env = { MAAS_API_URL: '', MAAS_API_KEY: ' ', K8S_MASTER_TAG: '' };
    const without = await load(undefined, { env });
    expect((await load('maas:\nkubernetes:\n  kubeadm:\n    patches:\n', { env })).config).toEqual(
      without.config,
    );
    expect((await load('', { env })).config).toEqual(without.config);
    expect((await load('# only a comment\n---\n', { env })).config).toEqual(without.config);
  });

  test('a file by name must be there; its paths are beside it', async () => {
    await mkdir(join(folder, 'site'));
    await writeFile(
      join(folder, 'site', 'rack.yaml'),
      'ssh: {privateKeyFile: key}\nmaas: {caFile: ~/ca.pem}\n',
    );
    await writeFile(join(folder, 'site', 'key'), '');
    await writeFile(join(folder, 'ca.pem'), '');
    const { config, file } = await load(undefined, { path: 'site/rack.yaml', env: { HOME: folder } });
    expect(file).toBe(join(folder, 'site', 'rack.yaml'));
    expect(config.ssh.privateKeyFile).toBe(join(folder, 'site', 'key'));
    expect(config.maas.caFile).toBe(join(folder, 'ca.pem'));
    const missing = await problems(undefined, { path: 'other.yaml' });
    expect(missing).toEqual([expect.stringMatching(/^other.yaml: cannot be read: ENOENT/)]);
  });
});

describe('values', () => {
  test.each([
    ['1.30', '1.30'],
    ['v1.36.2', '1.36.2'],
    ['"1.36"', '1.36'],
    ['1.20.2', '1.20.2'],
  ])('version: %s is %s', async (written, version) => {
    const packages = 'packages: {kubernetes: {repository: "http://mirror"}}';
    const { config } = await load(`kubernetes: {version: ${written}}\n${packages}\n`);
    expect(config.kubernetes.version).toBe(version);
    expect(config.packages.kubernetes.repository).toBe('http://mirror/');
  });

  test.each([
    ['api.example.org', 'api.example.org:6443'],
    ['10.0.0.5:8443', '10.0.0.5:8443'],
  ])('endpoint: %s is %s', async (written, endpoint) => {
    expect((await load(`kubernetes: {endpoint: "${written}"}`)).config.kubernetes.endpoint).toBe(endpoint);
  });

  test('nulls inside the settings of kubeadm are kept', async () => {
    const { config } = await load(
      'kubernetes: {kubeadm: {initConfiguration: {nodeRegistration: {taints: null}}}}',
    );
    expect(config.kubernetes.kubeadm.initConfiguration).toEqual({ nodeRegistration: { taints: null } });
  });
});

describe('problems', () => {
  test('come all at once, each with its place', async () => {
    expect(
      await problems(
        [
          'name: Rack_1',
          'kubernets: {}',
          'kubernetes:',
          '  version: 1.15',
          '  podSubnet: 10.96.0.0/16',
          '  runtime: dokcer',
          '  endpoint: api.example.org:99999',
          '  certSANs: ok',
          'machines:',
          '  workers: {tag: 2018}',
          'podSubnet: 10.1.0.0/16',
          'network: builtin',
          'dns:',
          '  servers: [1.1.1.1, router]',
          'name: twice',
        ].join('\n'),
        { env: { MAAS_API_URL: 'maas', MAAS_API_KEY: 'secret' } },
      ),
    ).toMatchInlineSnapshot(`
      [
        "cluster.yaml:2:1: kubernets: unknown key, did you mean kubernetes?",
        "cluster.yaml:4:12: kubernetes.version: 1.15 is too old: coldstart installs 1.20 to 1.37",
        "cluster.yaml:5:14: kubernetes.podSubnet: overlaps kubernetes.serviceSubnet (10.96.0.0/12)",
        "cluster.yaml:6:12: kubernetes.runtime: must be one of containerd, docker (did you mean docker?)",
        "cluster.yaml:7:13: kubernetes.endpoint: must be a host name or an IPv4 address, with or without :port",
        "cluster.yaml:8:13: kubernetes.certSANs: must be a list, not text",
        "cluster.yaml:10:18: machines.workers.tag: must be text, not a number: put it in quotes",
        "cluster.yaml:11:1: podSubnet: unknown key here, did you mean kubernetes.podSubnet?",
        "cluster.yaml:12:10: network: must be a map, not text",
        "cluster.yaml:14:22: dns.servers.1: must be an IP address such as 192.168.1.1",
        "cluster.yaml:15:1: name is here twice",
        "MAAS_API_KEY: must be an API key of MAAS: three parts with colons between them",
        "MAAS_API_URL: maas.url: must be a URL that begins with http:// or https://",
      ]
    `);
  });

  test.each([
    ['- a\n', 'cluster.yaml:1:1: must be a map of settings'],
    ['just text\n', 'cluster.yaml:1:1: must be a map of settings'],
    ['dns:\n\tservers: []\n', 'cluster.yaml:2:1: indent with spaces: YAML does not allow tabs here'],
    ['name: a\n---\nname: b\n', 'cluster.yaml:2:1: only one YAML document is allowed: remove the line ---'],
    ['name: "a\n', /^cluster.yaml:2:1: Missing closing/],
    [
      'os: {image: yes}',
      'cluster.yaml:1:13: write true instead of yes, or "yes" when the word itself is meant',
    ],
    ['name: .inf', 'cluster.yaml:1:7: name: must be text, not a number: put it in quotes'],
    [
      'dns: {servers: [.inf]}',
      'cluster.yaml:1:17: dns.servers.0: must be text, not a number: put it in quotes',
    ],
    ['containerd: {options: {a: .inf}}', 'cluster.yaml:1:27: .inf is not a number that can be used'],
    ['containerd: {options: {[a, b]: c}}', 'cluster.yaml:1:24: a key must be plain text'],
    [
      '__proto__: {a: 1}',
      'cluster.yaml:1:1: __proto__: unknown key; known here: name, maas, machines, power, os, ssh, kubernetes, network, packages, images, mirror, addons, verify, containerd, dns, ntp',
    ],
    ['x: !!python/object:os.system y', /^cluster.yaml:1:4: Unresolved tag/],
    ['version: 1.36', 'cluster.yaml:1:1: version: unknown key here, did you mean kubernetes.version?'],
    ['network: {plugin: calico}', 'cluster.yaml:1:19: network.plugin: must be one of builtin, flannel, none'],
    ['dns: {servers: }', undefined],
    ['ssh: {authorizedKeys: [PRIVATE]}', /must be one line of an SSH public key file/],
    ['images: {mirrors: {"https://docker.io": "http://m"}}', /must be the host of a registry/],
    ['kubernetes: {version: 1.38}', /does not know 1.38 yet: it installs 1.20 to 1.37/],
    ['kubernetes: {version: 1.37.0-rc.1}', /is a pre-release/],
    ['kubernetes: {podSubnet: 10.0.0.0/24}', /is too small/],
    ['kubernetes: {serviceSubnet: 172.0.0.0/11}', /must be between a \/12 and a \/28/],
    ['kubernetes: {endpoint: 10.244.0.9}', /is inside the network of pods or services/],
    ['machines: {workers: {tag: k8s-master}}', /a machine has one role/],
    ['machines: {excludeTag: k8s-node}', /no machine of that role could be used/],
    [
      'power:\n  circuits:\n    a: {machines: [n1, n2]}\n    b: {machines: [n3, n2]}',
      'cluster.yaml:4:24: power.circuits.b.machines.1: n2 is on the circuit a already: a machine hangs on one circuit',
    ],
    ['power: {circuits: {a: {machines: []}}}', /must name at least one machine/],
    ['power: {circuits: {a: {machines: [n1], atOnce: 0}}}', /power.circuits.a.atOnce/],
    ['kubernetes: {version: 1.20.2}', /upstream does not serve packages of 1.20.2 any more/],
    [
      'containerd: {options: {a: 1}}\nkubernetes: {runtime: docker}',
      /^cluster.yaml:1:23: containerd.options: has no effect/,
    ],
    ['network: {manifest: "https://x/y.yaml"}', /has no effect with the plugin builtin/],
    ['kubernetes: {kubeadm: {ignorePreflightErrors: [all]}}', /name the checks one by one/],
    ['kubernetes: {kubeadm: {patches: {evil.sh: x}}}', /must be a file name such as kube-apiserver0/],
    [
      'kubernetes: {kubeadm: {joinConfiguration: {discovery: {bootstrapToken: {unsafeSkipCAVerification: true}}}}}',
      /the CA is always checked/,
    ],
    [
      'kubernetes: {kubeadm: {clusterConfiguration: {networking: {podSubnet: 1.0.0.0/8}}}}',
      /set kubernetes.podSubnet/,
    ],
    [
      'kubernetes: {version: 1.30, kubeadm: {clusterConfiguration: {apiServer: {extraArgs: [{name: v, value: 1}, {name: v, value: 2}]}}}}',
      /v twice needs Kubernetes 1.31/,
    ],
    [
      'kubernetes: {version: 1.30, kubeadm: {patches: {corednsdeployment.yaml: x}}}',
      /kubeadm patches corednsdeployment from Kubernetes 1.32/,
    ],
  ])('%s', async (yaml, expected) => {
    const found = await load(yaml).then(
      () => undefined,
      () => problems(yaml),
    );
    expect(found?.length ?? 0).toBe(expected === undefined ? 0 : 1);
    expect(found?.[0] ?? '').toMatch(expected ?? '');
  });

  test('a bomb of aliases is refused', async () => {
    const levels = Array.from({ length: 30 }, (_, i) => `x${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`);
    expect(await problems(`x0: &a0 [x]\n${levels.join('\n')}\n`)).toEqual([
      'cluster.yaml:1:1: uses too many aliases',
    ]);
  });

  test.each([
    ['['.repeat(100_000), /nested too deep|Flow sequence/],
    [`name: ${'{a: '.repeat(2000)}${'}'.repeat(2000)}`, /nested too deep/],
    ['#'.repeat(2 ** 20 + 1), /larger than 1 MiB/],
  ])('%.20s… is refused quickly', async (yaml, expected) => {
    expect((await problems(yaml))[0]).toMatch(expected);
  });

  test('thousands of wrong values behind an alias are counted, not listed', async () => {
    const yaml = `x: &x [${'router, '.repeat(20_000)}]\ndns: {servers: *x}\n`;
    expect((await problems(yaml)).length).toBeLessThan(60);
  });

  test('thousands of unknown keys are counted, not listed', async () => {
    const yaml = Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n');
    expect((await problems(yaml)).length).toBeLessThan(60);
  });

  test('in the settings of a site or of the command line are named too', async () => {
    const siteDefaults = { kubernets: {} } as object;
    expect(await problems(undefined, { siteDefaults, flags: { name: 'A' } })).toEqual([
      expect.stringMatching(/^command line \(name\): name: must be a DNS label/),
      'site defaults: kubernets: unknown key, did you mean kubernetes?',
    ]);
  });

  test('of the environment never show a key', async () => {
    const found = await problems(undefined, { env: { MAAS_API_KEY: 'secret' } });
    expect(found).toEqual(['MAAS_API_KEY: must be an API key of MAAS: three parts with colons between them']);
  });
});

describe('the file of the API key', () => {
  const yaml = 'maas: {apiKeyFile: key}';
  const withMode = async (mode: number, text = 'a:b:c\n'): Promise<void> => {
    await writeFile(join(folder, 'key'), text);
    await chmod(join(folder, 'key'), mode);
  };

  test('is read when only its owner can', async () => {
    await withMode(0o600);
    expect(await load(yaml)).toMatchObject({ warnings: [], apiKey: expect.anything() as unknown });
    expect((await load(yaml)).apiKey?.reveal()).toBe('a:b:c');
  });

  test('is a warning when the group can read it', async () => {
    await withMode(0o640);
    expect((await load(yaml)).warnings).toEqual([expect.stringContaining('the group')]);
  });

  test('is refused when everybody can read it, when it is no key, or missing', async () => {
    expect(await problems(yaml)).toEqual([
      expect.stringContaining('1:20: maas.apiKeyFile: cannot be read: ENOENT'),
    ]);
    await withMode(0o644);
    expect(await problems(yaml)).toEqual([expect.stringContaining('run chmod 600')]);
    await withMode(0o600, 'not a key');
    expect(await problems(yaml)).toEqual([expect.stringContaining('three parts')]);
    expect(await load(yaml, { env: { MAAS_API_KEY: 'x:y:z' } })).toMatchObject({ warnings: [] });
  });
});
