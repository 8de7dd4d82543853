import { ColdstartError } from '../core/errors.ts';
import type { MachineHistory } from '../history/history.ts';
import { machineJson, machinesTable, machineText } from '../render/history.ts';
import { type AppContext, print, printJson } from './context.ts';
import type { ReadFlags } from './flags.ts';
import { nothingKnown, openHistory } from './open-history.ts';

export async function machines(this: AppContext, flags: ReadFlags, ...names: string[]): Promise<void> {
  const open = await openHistory(this, flags);
  const { cluster, history } = open;
  const found = select([...history.machines.values()], names, cluster);
  if (flags.output === 'json') printJson(this, { cluster, machines: found.map(machineJson) });
  else if (found.length === 0) print(this, await nothingKnown('machine', open));
  else if (names.length > 0) print(this, found.map(each => machineText(each, this.paint.out)).join('\n'));
  else print(this, machinesTable(found, this.paint.out));
}

/** By host name or system id; all without names. Errors: USAGE for one that was never seen. */
function select(all: readonly MachineHistory[], names: readonly string[], cluster: string): MachineHistory[] {
  const unknown = names.filter(wanted => !all.some(({ id, name }) => id === wanted || name === wanted));
  if (unknown.length > 0) {
    throw new ColdstartError('USAGE', `no run of ${cluster} has touched ${unknown.join(', ')}`, {
      hint: 'coldstart machines lists those that are known; coldstart status those that MAAS has',
    });
  }
  return all
    .filter(({ id, name }) => names.length === 0 || names.includes(id) || names.includes(name))
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
}
