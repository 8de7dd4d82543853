import { describe, expect, test } from 'vitest';
import { type ClusterConfig, type ClusterFile, clusterSchema } from '../config/schema.ts';
import { playbookVariables } from './playbook-variables.ts';

describe('playbookVariables', () => {
  test('are the ones that the roles take', () => {
    const config = configOf({
      name: 'rack',
      ssh: { authorizedKeys: [] },
      images: { mirrors: { 'registry.k8s.io': 'http://10.77.0.1:5000' } },
      kubernetes: { version: 'v1.36.2' },
    });
    const { kubeadm_init_documents, kubeadm_join_document, ...variables } = playbookVariables(config, {
      kubeconfigPath: '/state/kubeconfig',
      firstControlPlane: 'cp-1',
      certSANs: ['10.0.0.5'],
    });
    expect(kubeadm_init_documents).toHaveLength(4);
    expect(kubeadm_join_document).toHaveProperty('kind', 'JoinConfiguration');
    expect(variables).toMatchInlineSnapshot(`
      {
        "api_server_extra_sans": [
          "10.0.0.5",
        ],
        "apt_proxy": "",
        "authorized_keys": [],
        "cluster_name": "rack",
        "container_runtime": "containerd",
        "containerd_options": {},
        "control_plane_endpoint": "",
        "dns_servers": [],
        "first_control_plane": "cp-1",
        "image_mirrors": [
          {
            "endpoint": "http://10.77.0.1:5000",
            "registry": "registry.k8s.io",
          },
        ],
        "image_repository": "",
        "kubeadm_ignore_preflight_errors": [],
        "kubeadm_patches": {},
        "kubeconfig_path": "/state/kubeconfig",
        "kubernetes_repository": "https://pkgs.k8s.io/core:/stable:/v1.36/deb/",
        "kubernetes_repository_key": "https://pkgs.k8s.io/core:/stable:/v1.36/deb/Release.key",
        "kubernetes_version": "1.36.2",
        "network_plugin": "builtin",
        "ntp_servers": [],
        "pod_subnet": "10.244.0.0/16",
        "service_subnet": "10.96.0.0/12",
      }
    `);
  });

  test('a repository of the site brings its own key', () => {
    const repository = 'http://10.77.0.1:3142/kubernetes';
    expect(playbookVariables(configOf({ packages: { kubernetes: { repository } } }))).toMatchObject({
      kubernetes_repository: `${repository}/`,
      kubernetes_repository_key: `${repository}/Release.key`,
    });
  });

  test('with a mirror, everything comes from there and nothing from elsewhere', () => {
    const variables = playbookVariables(
      configOf({
        os: { image: 'debian/bookworm' },
        network: { plugin: 'flannel' },
        packages: { proxy: 'http://proxy.example:3128' },
        images: { mirrors: { 'docker.io': 'http://other.example:5000' } },
        mirror: { url: 'http://mirror.example:3140' },
      }),
    );
    expect(JSON.stringify(variables)).not.toMatch(/other\.example|proxy\.example/);
    expect(variables).toMatchObject({
      apt_mirror: 'http://mirror.example:3140',
      apt_proxy: '',
      kubernetes_repository: 'http://mirror.example:3140/https/pkgs.k8s.io/core:/stable:/v1.36/deb/',
      image_mirrors: [
        { registry: '_default', endpoint: 'http://mirror.example:3140' },
        { registry: 'docker.io', endpoint: 'http://mirror.example:3140' },
      ],
      network_manifest: expect.stringMatching(
        /^http:\/\/mirror\.example:3140\/https\/github\.com\//,
      ) as string,
    });
    expect(variables['apt_mirror_sources']).toContain(
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no by-hash=no lang=none] ' +
        'http://mirror.example:3140/http/deb.debian.org/debian/ bookworm main',
    );
  });
});

function configOf(file: ClusterFile): ClusterConfig {
  const parsed = clusterSchema.parse(file);
  return { ...parsed, ssh: { ...parsed.ssh, user: 'ubuntu' } };
}
