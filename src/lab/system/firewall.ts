import { readFile } from 'node:fs/promises';
import { run, succeeds } from './run.ts';

/**
 * Keeps the traffic of a bridge inside: no packet is forwarded to or from it, not even when this computer is a
 * router. The rules are a table of their own, named like the bridge.
 */
export async function closeFirewall(bridge: string): Promise<void> {
  const rules = `
    table inet ${bridge}
    delete table inet ${bridge}
    table inet ${bridge} {
      chain forward {
        type filter hook forward priority -10; policy accept;
        iifname "${bridge}" oifname != "${bridge}" drop
        iifname != "${bridge}" oifname "${bridge}" drop
      }
    }`;
  await run('nft', ['-f', '-'], { input: rules, doing: 'close the network of the lab to the outside' });
  if (await dropsBridgedTraffic()) await allowBridgedTraffic(bridge);
}

/** Removes the rules again. */
export async function openFirewall(bridge: string): Promise<void> {
  if (await succeeds('nft', ['list', 'table', 'inet', bridge]))
    await run('nft', ['delete', 'table', 'inet', bridge]);
  while (await succeeds('iptables', ['-C', 'FORWARD', ...bridgeRule(bridge)])) {
    await run('iptables', ['-D', 'FORWARD', ...bridgeRule(bridge)]);
  }
}

// Docker makes the policy of FORWARD a drop, and br_netfilter shows bridged packets to it.
async function dropsBridgedTraffic(): Promise<boolean> {
  const seen = await readFile('/proc/sys/net/bridge/bridge-nf-call-iptables', 'utf8').catch(() => '0');
  if (seen.trim() !== '1') return false;
  const chain = await run('iptables', ['-S', 'FORWARD']).catch(() => '');
  return chain.includes('-P FORWARD DROP');
}

async function allowBridgedTraffic(bridge: string): Promise<void> {
  if (await succeeds('iptables', ['-C', 'FORWARD', ...bridgeRule(bridge)])) return;
  await run('iptables', ['-I', 'FORWARD', ...bridgeRule(bridge)], {
    doing: 'allow traffic between the hosts',
  });
}

function bridgeRule(bridge: string): string[] {
  return ['-i', bridge, '-o', bridge, '-m', 'comment', '--comment', 'coldstart lab', '-j', 'ACCEPT'];
}
