import { expect, test } from 'vitest';
import { imagesIn } from './images-in.ts';

const digest = `sha256:${'0'.repeat(64)}`;

test('images of containers, of custom resources, and those in arguments and settings', () => {
  const text = `
kind: Deployment
spec:
  template:
    spec:
      initContainers: [{ image: busybox }]
      containers:
        - image: quay.io/group/operator:v1@${digest}
          args: [--reloader=quay.io/group/reloader:v2, --url=https://host.example.org/path:8080, --listen=0.0.0.0:80]
          env: [{ name: HELPER, value: "ghcr.io/group/helper:1.0" }]
---
kind: Prometheus
spec: { image: quay.io/group/prometheus:v3 }
---
kind: ConfigMap
data: { config: "sidecar:\\n  image: docker.io/group/sidecar:v4\\n" }
---
kind: CustomResourceDefinition
spec: { description: "such as quay.io/group/example:v1", image: quay.io/none:v1 }
`;
  expect(imagesIn(text)).toEqual({
    named: ['busybox', `quay.io/group/operator:v1@${digest}`, 'quay.io/group/prometheus:v3'],
    possible: ['quay.io/group/reloader:v2', 'ghcr.io/group/helper:1.0', 'docker.io/group/sidecar:v4'],
  });
});
