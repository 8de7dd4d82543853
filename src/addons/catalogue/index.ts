import type { Addon } from '../definition.ts';
import { calico } from './calico.ts';
import { certManager } from './cert-manager.ts';
import { cilium } from './cilium.ts';
import { csiDriverNfs } from './csi-driver-nfs.ts';
import { envoyGateway } from './envoy-gateway.ts';
import { flannel } from './flannel.ts';
import { gatewayApi } from './gateway-api.ts';
import { headlamp } from './headlamp.ts';
import { kubePrometheusStack } from './kube-prometheus-stack.ts';
import { localPathProvisioner } from './local-path-provisioner.ts';
import { metallb } from './metallb.ts';
import { metricsServer } from './metrics-server.ts';
import { prometheusIpmiExporter } from './prometheus-ipmi-exporter.ts';
import { spegel } from './spegel.ts';
import { traefik } from './traefik.ts';

/** Every add-on that cluster.yaml can name, in the order in which a site is furnished. */
export const catalogue: readonly Addon[] = [
  flannel,
  calico,
  cilium,
  metallb,
  csiDriverNfs,
  localPathProvisioner,
  gatewayApi,
  envoyGateway,
  traefik,
  certManager,
  headlamp,
  metricsServer,
  kubePrometheusStack,
  prometheusIpmiExporter,
  spegel,
];
