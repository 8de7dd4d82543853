import { invalid, required } from '../http/errors.ts';
import type { Call } from '../http/resource.ts';
import { commission } from '../lifecycle/checkups.ts';
import { newMachine, nic } from '../state/genesis.ts';
import { save, type World } from '../state/world.ts';
import { viewMachine } from '../views/machine.ts';

/** `POST machines/`: New, and for administrators on to commissioning unless they say no. */
export function createMachine(call: Call): unknown {
  const { world, form } = call;
  const macs = form.all('mac_addresses').map(mac => mac.toLowerCase());
  const hostname = form.one('hostname')?.trim() || undefined;
  const problems = problemsOf(call, macs, hostname);
  if (Object.keys(problems).length > 0) throw invalid(problems);
  const powerType = form.one('power_type') || 'manual';
  const machine = newMachine(world, {
    hostname: hostname ?? freeHostname(world),
    mac: macs[0] ?? '',
    tags: [],
    cpuCount: 0,
    memoryMib: 0,
    diskBytes: 0,
    powerType,
    architecture: fullArchitecture(form.one('architecture') ?? ''),
  });
  machine.nics.push(...macs.slice(1).map((mac, index) => nic(world, mac, index + 1)));
  machine.description = form.one('description') ?? '';
  machine.powerParameters = powerParametersOf(call);
  save(world, machine);
  world.events.add(machine, 'INFO', 'New');
  if (call.user.isSuperuser && form.bool('commission', true)) commission(world, machine, call.user);
  return viewMachine(world, machine);
}

function problemsOf(call: Call, macs: string[], hostname: string | undefined): Record<string, string[]> {
  const { world, form } = call;
  const problems: Record<string, string[]> = {};
  if (!form.one('architecture')) problems['architecture'] = [required];
  const macProblems = macs.length === 0 ? [required] : macs.flatMap(mac => macProblem(world, mac) ?? []);
  if (macProblems.length > 0) problems['mac_addresses'] = macProblems;
  if (macs.length > 0 && macProblems.length > 0 && form.one('power_type') === 'manual') {
    problems['power_type'] = ["Can't set power type to manual without network interfaces"];
  }
  if (hostname && hostnameIsTaken(world, hostname)) {
    problems['hostname'] = ['Node with this Hostname already exists.'];
  }
  return problems;
}

function macProblem(world: World, mac: string): string | undefined {
  if (!/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/.test(mac)) return `'${mac}' is not a valid MAC address.`;
  const user = [...world.machines.values(), ...world.devices.values()].find(thing =>
    thing.nics.some(nic => nic.mac === mac),
  );
  return user && `MAC address ${mac} already in use on ${user.hostname}.`;
}

export function hostnameIsTaken(world: World, hostname: string): boolean {
  return [...world.machines.values(), ...world.devices.values()].some(thing => thing.hostname === hostname);
}

function freeHostname(world: World): string {
  for (let number = world.machines.size + 1; ; number++) {
    if (!hostnameIsTaken(world, `machine-${number}`)) return `machine-${number}`;
  }
}

function fullArchitecture(architecture: string): string {
  return architecture.includes('/') ? architecture : `${architecture}/generic`;
}

/** `power_parameters_power_address=…`, as creation and update take them. */
export function powerParametersOf(call: Call): Record<string, string> {
  const prefix = 'power_parameters_';
  const given = call.form
    .entries()
    .filter(([name]) => name.startsWith(prefix) && name !== `${prefix}skip_check`)
    .map(([name, value]) => [name.slice(prefix.length), value]);
  return Object.fromEntries(given) as Record<string, string>;
}
