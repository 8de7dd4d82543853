import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { parse } from 'yaml';
import type { Program } from './gate.ts';
import { type LoginWorld, logIn, sshOptionsIn } from './login.ts';
import { type PlayMember, play } from './play.ts';
import { type PlayVariables, type PlayWorld, playbooks } from './tasks.ts';

interface HostVariables {
  ansible_host?: string;
  ansible_user?: string;
  ansible_ssh_common_args?: string;
}

/** The static inventory that ansible-playbook is given: its YAML inventory plugin's layout. */
interface Inventory {
  all: {
    vars: PlayVariables;
    hosts: Record<string, HostVariables>;
    children: Record<string, { hosts?: Record<string, unknown> }>;
  };
}

/** What `ansible-playbook -i INVENTORY --limit A,B PLAYBOOK…` does on simulated machines, with playbooks of ours. */
export function ansibleProgram(base: Omit<PlayWorld, 'vars' | 'first' | 'invitation'> & LoginWorld): Program {
  return async (args, { say, signal }) => {
    const names = args.slice(args.indexOf('--limit') + 2).map(file => path.basename(file));
    const unknown = names.find(name => !Object.hasOwn(playbooks, name));
    if (unknown !== undefined) {
      say.error(`ERROR! the lab's simulated machines know no playbook ${unknown}`);
      return 4;
    }
    const { all } = parseInventory(await readFile(after(args, '-i'), 'utf8'));
    const limit = after(args, '--limit').split(',');
    const members = await Promise.all(limit.map(host => memberOf(host, all, base)));
    const first = all.hosts[all.vars.first_control_plane ?? '']?.ansible_host;
    const world = {
      ...base,
      vars: all.vars,
      invitation: { token: '' },
      first: first === undefined ? undefined : base.systems.at(first),
    };
    const emit = (event: object): void => say.out(JSON.stringify(event));
    for (const name of names)
      if (!(await play({ playbook: name, tasks: playbooks[name] ?? [], members, world, emit, signal })))
        return 2;
    return 0;
  };
}

async function memberOf(
  name: string,
  { hosts, children }: Inventory['all'],
  world: LoginWorld,
): Promise<PlayMember> {
  const vars = hosts[name] ?? {};
  const args = words(vars.ansible_ssh_common_args ?? '');
  const login = {
    address: vars.ansible_host ?? name,
    user: vars.ansible_user ?? '',
    options: sshOptionsIn(args),
  };
  const outcome = await logIn(login, world);
  if ('refused' in outcome) return { name, unreachable: outcome.refused };
  const inControlPlane = Object.hasOwn(children['control_plane']?.hosts ?? {}, name);
  return { name, role: inControlPlane ? 'control_plane' : 'workers', system: outcome.system };
}

/** Ours is JSON but for the tag of texts that are no templates; reading it as YAML takes a hundred times as long. */
function parseInventory(text: string): Inventory {
  try {
    return JSON.parse(text.replaceAll('!unsafe "', '"')) as Inventory;
  } catch {
    return parse(text, { logLevel: 'silent' }) as Inventory;
  }
}

function after(args: readonly string[], option: string): string {
  return args[args.indexOf(option) + 1] ?? '';
}

/** Splits as a POSIX shell does, as far as single and double quotes go. */
function words(line: string): string[] {
  const found = line.match(/(?:[^\s'"]+|'[^']*'|"[^"]*")+/g) ?? [];
  return found.map(word =>
    word.replace(/'([^']*)'|"([^"]*)"/g, (_, one?: string, two?: string) => one ?? two ?? ''),
  );
}
