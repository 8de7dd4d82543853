import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabNetwork } from '../../system/network.ts';
import type { DriverDeployment, DriverMachine } from '../driver.ts';

/** What an installer leaves on the disk for the first boot. */
export interface Seed {
  machine: DriverMachine;
  deployment: DriverDeployment;
  network: LabNetwork;
  aptProxyUrl: string;
}

/**
 * Writes what MAAS's installer writes: where cloud-init finds its data and reports to, and apt's proxy.
 * @see https://docs.cloud-init.io/en/latest/reference/datasources/maas.html
 */
export async function writeSeed(root: string, seed: Seed): Promise<void> {
  const { machine, network } = seed;
  const cloud = join(root, 'etc/cloud/cloud.cfg.d');
  await mkdir(cloud, { recursive: true });
  // The file has the machine's token, which only root of the machine may read.
  await writeFile(join(cloud, '99-maas.cfg'), `${JSON.stringify(cloudConfig(seed), null, 2)}\n`, {
    mode: 0o600,
  });
  await writeFile(join(root, 'etc/hostname'), `${machine.hostname}\n`);
  await writeFile(join(root, 'etc/resolv.conf'), `nameserver ${network.address}\nsearch ${network.domain}\n`);
  await writeFile(join(root, 'etc/apt/apt.conf.d/90-maas-proxy'), aptProxy(seed.aptProxyUrl));
}

// JSON is YAML; cloud-init's detection reads `datasource_list` only, which is in another file.
function cloudConfig({ deployment }: Seed): unknown {
  const { consumerKey, tokenKey, tokenSecret } = deployment.token;
  const token = { consumer_key: consumerKey, token_key: tokenKey, token_secret: tokenSecret };
  return {
    datasource: { MAAS: { metadata_url: deployment.metadataUrl, ...token } },
    reporting: { maas: { type: 'webhook', endpoint: deployment.reportUrl, ...token } },
  };
}

function aptProxy(url: string): string {
  return `Acquire::http::Proxy "${url}";\n`;
}
