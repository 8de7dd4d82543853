import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { type ClusterConfig, type ClusterFile, clusterSchema } from '../config/schema.ts';
import { initDocuments, joinDocument } from './kubeadm-config.ts';

describe('kubeadm documents', () => {
  test('of 1.20', () => {
    expect(yamlOf('1.20')).toMatchInlineSnapshot(`
      "apiVersion: kubeadm.k8s.io/v1beta2
      kind: InitConfiguration
      nodeRegistration:
        criSocket: /run/containerd/containerd.sock
      ---
      apiVersion: kubeadm.k8s.io/v1beta2
      kind: ClusterConfiguration
      clusterName: rack
      controlPlaneEndpoint: api.example.org:6443
      imageRepository: mirror.example.org/k8s
      networking:
        podSubnet: 10.244.0.0/16
        serviceSubnet: 10.96.0.0/12
        dnsDomain: cluster.local
      apiServer:
        certSANs:
          - 10.0.0.5
          - cp-1
        timeoutForControlPlane: 10m0s
      ---
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      cgroupDriver: systemd
      ---
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      kind: KubeProxyConfiguration
      ---
      apiVersion: kubeadm.k8s.io/v1beta2
      kind: JoinConfiguration
      nodeRegistration:
        criSocket: /run/containerd/containerd.sock
      discovery:
        timeout: 10m0s
      "
    `);
  });

  test('of 1.22', () => {
    expect(yamlOf('1.22')).toMatchInlineSnapshot(`
      "apiVersion: kubeadm.k8s.io/v1beta3
      kind: InitConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
      ---
      apiVersion: kubeadm.k8s.io/v1beta3
      kind: ClusterConfiguration
      clusterName: rack
      controlPlaneEndpoint: api.example.org:6443
      imageRepository: mirror.example.org/k8s
      networking:
        podSubnet: 10.244.0.0/16
        serviceSubnet: 10.96.0.0/12
        dnsDomain: cluster.local
      apiServer:
        certSANs:
          - 10.0.0.5
          - cp-1
        timeoutForControlPlane: 10m0s
      ---
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      cgroupDriver: systemd
      ---
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      kind: KubeProxyConfiguration
      ---
      apiVersion: kubeadm.k8s.io/v1beta3
      kind: JoinConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
      discovery:
        timeout: 10m0s
      "
    `);
  });

  test('of 1.30', () => {
    expect(yamlOf('1.30')).toMatchInlineSnapshot(`
      "apiVersion: kubeadm.k8s.io/v1beta3
      kind: InitConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
      ---
      apiVersion: kubeadm.k8s.io/v1beta3
      kind: ClusterConfiguration
      clusterName: rack
      controlPlaneEndpoint: api.example.org:6443
      imageRepository: mirror.example.org/k8s
      networking:
        podSubnet: 10.244.0.0/16
        serviceSubnet: 10.96.0.0/12
        dnsDomain: cluster.local
      apiServer:
        certSANs:
          - 10.0.0.5
          - cp-1
        timeoutForControlPlane: 10m0s
      ---
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      cgroupDriver: systemd
      ---
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      kind: KubeProxyConfiguration
      ---
      apiVersion: kubeadm.k8s.io/v1beta3
      kind: JoinConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
      discovery:
        timeout: 10m0s
      "
    `);
  });

  test('of 1.31', () => {
    expect(yamlOf('1.31')).toMatchInlineSnapshot(`
      "apiVersion: kubeadm.k8s.io/v1beta4
      kind: InitConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
        imagePullSerial: false
      timeouts:
        controlPlaneComponentHealthCheck: 10m0s
        discovery: 10m0s
        kubeletHealthCheck: 10m0s
        tlsBootstrap: 10m0s
      ---
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: ClusterConfiguration
      clusterName: rack
      controlPlaneEndpoint: api.example.org:6443
      imageRepository: mirror.example.org/k8s
      networking:
        podSubnet: 10.244.0.0/16
        serviceSubnet: 10.96.0.0/12
        dnsDomain: cluster.local
      apiServer:
        certSANs:
          - 10.0.0.5
          - cp-1
      ---
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      cgroupDriver: systemd
      ---
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      kind: KubeProxyConfiguration
      ---
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: JoinConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
        imagePullSerial: false
      timeouts:
        controlPlaneComponentHealthCheck: 10m0s
        discovery: 10m0s
        kubeletHealthCheck: 10m0s
        tlsBootstrap: 10m0s
      "
    `);
  });

  test('of 1.36', () => {
    expect(yamlOf('1.36')).toMatchInlineSnapshot(`
      "apiVersion: kubeadm.k8s.io/v1beta4
      kind: InitConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
        imagePullSerial: false
      timeouts:
        controlPlaneComponentHealthCheck: 10m0s
        discovery: 10m0s
        kubeletHealthCheck: 10m0s
        tlsBootstrap: 10m0s
      ---
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: ClusterConfiguration
      clusterName: rack
      controlPlaneEndpoint: api.example.org:6443
      imageRepository: mirror.example.org/k8s
      networking:
        podSubnet: 10.244.0.0/16
        serviceSubnet: 10.96.0.0/12
        dnsDomain: cluster.local
      apiServer:
        certSANs:
          - 10.0.0.5
          - cp-1
      ---
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      cgroupDriver: systemd
      ---
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      kind: KubeProxyConfiguration
      ---
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: JoinConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
        imagePullSerial: false
      timeouts:
        controlPlaneComponentHealthCheck: 10m0s
        discovery: 10m0s
        kubeletHealthCheck: 10m0s
        tlsBootstrap: 10m0s
      "
    `);
  });

  test('of 1.37', () => {
    expect(yamlOf('1.37')).toMatchInlineSnapshot(`
      "apiVersion: kubeadm.k8s.io/v1beta4
      kind: InitConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
        imagePullSerial: false
      timeouts:
        controlPlaneComponentHealthCheck: 10m0s
        discovery: 10m0s
        kubeletHealthCheck: 10m0s
        tlsBootstrap: 10m0s
      ---
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: ClusterConfiguration
      clusterName: rack
      controlPlaneEndpoint: api.example.org:6443
      imageRepository: mirror.example.org/k8s
      networking:
        podSubnet: 10.244.0.0/16
        serviceSubnet: 10.96.0.0/12
        dnsDomain: cluster.local
      apiServer:
        certSANs:
          - 10.0.0.5
          - cp-1
      ---
      apiVersion: kubelet.config.k8s.io/v1beta1
      kind: KubeletConfiguration
      cgroupDriver: systemd
      ---
      apiVersion: kubeproxy.config.k8s.io/v1alpha1
      kind: KubeProxyConfiguration
      ---
      apiVersion: kubeadm.k8s.io/v1beta4
      kind: JoinConfiguration
      nodeRegistration:
        criSocket: unix:///run/containerd/containerd.sock
        imagePullSerial: false
      timeouts:
        controlPlaneComponentHealthCheck: 10m0s
        discovery: 10m0s
        kubeletHealthCheck: 10m0s
        tlsBootstrap: 10m0s
      "
    `);
  });

  test('without choices, nothing is said that kubeadm knows by itself', () => {
    const [, cluster] = initDocuments(configOf({}));
    expect(cluster).toEqual({
      apiVersion: 'kubeadm.k8s.io/v1beta4',
      kind: 'ClusterConfiguration',
      clusterName: 'coldstart',
      networking: { podSubnet: '10.244.0.0/16', serviceSubnet: '10.96.0.0/12', dnsDomain: 'cluster.local' },
    });
  });

  test.each([
    [
      '1.36',
      [
        { name: 'v', value: '2' },
        { name: 'audit-log-path', value: '-' },
      ],
    ],
    ['1.30', { v: '2', 'audit-log-path': '-' }],
  ])('arguments written as a map or as a list get the shape of %s', (version, expected) => {
    const asMap = { v: 2, 'audit-log-path': '-' };
    const asList = [
      { name: 'v', value: '2' },
      { name: 'audit-log-path', value: '-' },
    ];
    for (const extraArgs of [asMap, asList]) {
      const kubeadm = {
        clusterConfiguration: { apiServer: { extraArgs }, etcd: { local: { extraArgs } } },
        joinConfiguration: { nodeRegistration: { kubeletExtraArgs: extraArgs } },
      };
      const config = configOf({ kubernetes: { version, kubeadm } });
      expect(initDocuments(config)[1]).toMatchObject({
        apiServer: { extraArgs: expected },
        etcd: { local: { extraArgs: expected } },
      });
      expect(joinDocument(config)).toMatchObject({ nodeRegistration: { kubeletExtraArgs: expected } });
    }
  });

  test('settings of the user win, deep inside, and leave the rest', () => {
    const config = configOf({
      kubernetes: {
        kubeadm: {
          kubeletConfiguration: { cgroupDriver: 'cgroupfs', evictionHard: { 'nodefs.available': '0%' } },
          kubeProxyConfiguration: { conntrack: { maxPerCore: 0 } },
          initConfiguration: { timeouts: { discovery: '1m0s' }, nodeRegistration: { taints: [] } },
          skipPhases: ['addon/coredns'],
        },
      },
    });
    const [init, , kubelet, proxy] = initDocuments(config);
    expect(kubelet).toMatchObject({ cgroupDriver: 'cgroupfs', evictionHard: { 'nodefs.available': '0%' } });
    expect(proxy).toMatchObject({ kind: 'KubeProxyConfiguration', conntrack: { maxPerCore: 0 } });
    expect(init).toMatchObject({
      skipPhases: ['addon/coredns'],
      nodeRegistration: { taints: [], criSocket: 'unix:///run/containerd/containerd.sock' },
      timeouts: { discovery: '1m0s', tlsBootstrap: '10m0s' },
    });
  });

  test('no document of any version carries a token, or trusts without a check', () => {
    const minor = fc.integer({ min: 20, max: 37 });
    const runtime = fc.constantFrom('containerd' as const, 'docker' as const);
    fc.assert(
      fc.property(minor, runtime, (minor, runtime) => {
        const config = configOf({ kubernetes: { version: `1.${minor}`, runtime } });
        const text = JSON.stringify([...initDocuments(config), joinDocument(config)]);
        expect(text).not.toMatch(/token|unsafe|skipverif|insecure|anonymous/i);
      }),
      { numRuns: 100 },
    );
  });
});

function yamlOf(version: string): string {
  const config = configOf({
    name: 'rack',
    kubernetes: { version, endpoint: 'api.example.org', certSANs: ['10.0.0.5'] },
    images: { repository: 'mirror.example.org/k8s' },
  });
  const documents = [...initDocuments(config, ['10.0.0.5', 'cp-1']), joinDocument(config)];
  return documents.map(document => stringify(document)).join('---\n');
}

function configOf(file: ClusterFile): ClusterConfig {
  const parsed = clusterSchema.parse(file);
  return { ...parsed, ssh: { ...parsed.ssh, user: 'ubuntu' } };
}
