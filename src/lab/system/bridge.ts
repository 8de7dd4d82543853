import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { ColdstartError } from '../../core/errors.ts';
import { closeFirewall, openFirewall } from './firewall.ts';
import { run } from './run.ts';

/** A lab's bridge. Its owner is the lab's folder, which the kernel keeps as the alias of the link. */
interface Bridge {
  name: string;
  owner: string;
}

/** Every lab of this computer has a bridge: coldstart0, coldstart1 … */
const MOST_LABS = 16;

/** The name of this lab's bridge: the one that it has, or one that nobody has. */
export async function settleBridge(owner: string): Promise<string> {
  const bridges = await labBridges();
  const own = bridges.find(bridge => bridge.owner === owner);
  if (own) return own.name;
  // Nobody else will ever remove the bridge of a lab whose folder is gone.
  for (const orphan of bridges.filter(bridge => !existsSync(bridge.owner))) await removeBridge(orphan.name);
  const taken = new Set((await labBridges()).map(bridge => bridge.name));
  const names = [...Array(MOST_LABS).keys()].map(number => `coldstart${number}`);
  const free = names.find(name => !taken.has(name));
  if (free) return free;
  throw new ColdstartError('LAB_FAILED', `there are ${MOST_LABS} labs on this computer already`, {
    hint: 'stop one of them with coldstart lab down',
  });
}

/** Makes the bridge, or what is missing of it, and closes it to the outside. */
export async function createBridge(name: string, owner: string, address: string): Promise<void> {
  const doing = 'make the bridge of the lab';
  if (!existsSync(`/sys/class/net/${name}`)) {
    // With an address of its own it does not take over that of the machine which comes first.
    await run('ip', ['link', 'add', name, 'address', '02:c0:1d:00:00:01', 'type', 'bridge'], { doing });
  }
  await run('ip', ['link', 'set', name, 'alias', owner], { doing });
  await run('ip', ['addr', 'replace', address, 'dev', name], { doing });
  await run('ip', ['link', 'set', name, 'up'], { doing });
  await closeFirewall(name);
}

/** Removes this lab's bridge with the links of machines on it; nothing happens when there is none. */
export async function destroyBridge(owner: string): Promise<void> {
  for (const bridge of await labBridges()) if (bridge.owner === owner) await removeBridge(bridge.name);
}

async function removeBridge(name: string): Promise<void> {
  await openFirewall(name);
  for (const link of await readdir(`/sys/class/net/${name}/brif`).catch(() => [])) {
    await run('ip', ['link', 'del', link], { doing: `remove the link ${link}` });
  }
  await run('ip', ['link', 'del', name], { doing: 'remove the bridge of a lab' });
}

async function labBridges(): Promise<Bridge[]> {
  const names = (await readdir('/sys/class/net')).filter(name => /^coldstart\d+$/.test(name));
  return Promise.all(
    names.map(async name => {
      const alias = await readFile(`/sys/class/net/${name}/ifalias`, 'utf8').catch(() => '');
      return { name, owner: alias.trim() };
    }),
  );
}
