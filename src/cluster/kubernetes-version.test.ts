import { describe, expect, test } from 'vitest';
import {
  compareKubernetesVersions,
  formatKubernetesVersion,
  kubernetesFacts,
  parseKubernetesVersion,
  supportedMinors,
} from './kubernetes-version.ts';

describe('parseKubernetesVersion', () => {
  test.each([
    ['1.36', '1.36'],
    ['v1.36.2', '1.36.2'],
    ['1.20.0', '1.20.0'],
    ['v1.36.2+lab', '1.36.2'],
    ['v1.37.0-rc.1', '1.37.0'],
  ])('%s is %s', (text, formatted) => {
    const version = parseKubernetesVersion(text);
    expect(version && formatKubernetesVersion(version)).toBe(formatted);
  });

  test.each(['', '1', '2.0', '1.36.', '1.36.2.1', 'latest', ' 1.36', '1.36-2', '1.x'])(
    '%j is not a version',
    text => {
      expect(parseKubernetesVersion(text)).toBeUndefined();
    },
  );
});

test('versions sort by number, and a minor alone is its newest patch', () => {
  const sorted = ['1.9.11', '1.36.2', '1.36', '1.36.10', '1.20.2']
    .map(text => parseKubernetesVersion(text))
    .filter(version => version !== undefined)
    .toSorted(compareKubernetesVersions)
    .map(formatKubernetesVersion);
  expect(sorted).toEqual(['1.9.11', '1.20.2', '1.36.2', '1.36.10', '1.36']);
});

describe('kubernetesFacts', () => {
  test.each([
    ['1.20', 'v1beta2', 'k8s.gcr.io', undefined],
    ['1.21.14', 'v1beta2', 'k8s.gcr.io', undefined],
    ['1.22', 'v1beta3', 'k8s.gcr.io', undefined],
    ['1.24', 'v1beta3', 'k8s.gcr.io', 'https://pkgs.k8s.io/core:/stable:/v1.24/deb/'],
    ['1.25', 'v1beta3', 'registry.k8s.io', 'https://pkgs.k8s.io/core:/stable:/v1.25/deb/'],
    ['1.30', 'v1beta3', 'registry.k8s.io', 'https://pkgs.k8s.io/core:/stable:/v1.30/deb/'],
    ['1.31', 'v1beta4', 'registry.k8s.io', 'https://pkgs.k8s.io/core:/stable:/v1.31/deb/'],
    ['1.37', 'v1beta4', 'registry.k8s.io', 'https://pkgs.k8s.io/core:/stable:/v1.37/deb/'],
  ])('%s: %s, %s', (version, kubeadmApi, imageRegistry, packageRepository) => {
    expect(kubernetesFacts(version)).toMatchObject({ kubeadmApi, imageRegistry, packageRepository });
  });

  test.each([
    ['1.20', ['master', 'control-plane'], ['master']],
    ['1.23', ['master', 'control-plane'], ['master']],
    ['1.24', ['control-plane'], ['master', 'control-plane']],
    ['1.25', ['control-plane'], ['control-plane']],
  ])('%s names its control planes', (version, labels, taints) => {
    const full = (role: string) => `node-role.kubernetes.io/${role}`;
    const facts = kubernetesFacts(version);
    expect(facts.controlPlaneLabels).toEqual(labels.map(full));
    expect(facts.controlPlaneTaints).toEqual(taints.map(full));
  });

  test.each([
    ['1.21', '/run/containerd/containerd.sock', undefined],
    ['1.22', 'unix:///run/containerd/containerd.sock', undefined],
    ['1.24', 'unix:///run/containerd/containerd.sock', 'unix:///run/cri-dockerd.sock'],
  ])('%s finds its runtime', (version, containerd, docker) => {
    const facts = kubernetesFacts(version);
    expect(facts.criSocket('containerd')).toBe(containerd);
    expect(facts.criSocket('docker')).toBe(docker);
  });

  test('knows every supported version, and throws on text', () => {
    for (let minor = supportedMinors.oldest; minor <= supportedMinors.newest; minor += 1) {
      expect(kubernetesFacts(`1.${minor}`).criSocket('containerd')).toBeDefined();
    }
    expect(() => kubernetesFacts('latest')).toThrow(RangeError);
  });
});
