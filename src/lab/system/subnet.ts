import { type Ipv4Network, ipv4Network, ipv4Overlap } from '../../core/ipv4.ts';

/** The first /24 of those that the lab likes which overlaps nothing in use; undefined when all do. */
export function chooseSubnet(used: readonly Ipv4Network[]): Ipv4Network | undefined {
  return candidates().find(candidate => !used.some(network => ipv4Overlap(network, candidate)));
}

// Kubernetes' usual pod and service networks (10.244/16, 10.96/12 = 10.96–10.111) are left out.
function candidates(): Ipv4Network[] {
  const texts = [...Array(16).keys()].flatMap(n => [
    `10.77.${n}.0/24`,
    `172.29.${n}.0/24`,
    `192.168.${200 + n}.0/24`,
  ]);
  return texts.map(ipv4Network).filter(network => network !== undefined);
}
