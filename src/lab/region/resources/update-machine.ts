import { adminMachine } from '../auth/access.ts';
import { invalid } from '../http/errors.ts';
import type { Call } from '../http/resource.ts';
import type { MachineRecord } from '../state/records.ts';
import { save } from '../state/world.ts';
import { viewMachine } from '../views/machine.ts';
import { hostnameIsTaken, powerParametersOf } from './create-machine.ts';
import { powerTypes } from './power-types.ts';

const noChoice = 'Select a valid choice. That choice is not one of the available choices.';

/** `PUT machines/{id}/`. Everything is checked before anything is changed; unknown names are ignored. */
export function updateMachine(call: Call): unknown {
  const machine = adminMachine(call);
  const changes = Object.entries(fields)
    .filter(([name]) => call.form.has(name))
    .map(([name, field]) => field(call, machine, call.form.one(name) ?? ''));
  for (const apply of changes) apply();
  machine.powerParameters = { ...machine.powerParameters, ...powerParametersOf(call) };
  save(call.world, machine);
  return viewMachine(call.world, machine);
}

/** Checks a value, 400 by field, and gives what it changes. */
type Field = (call: Call, machine: MachineRecord, value: string) => () => void;

const fields: Record<string, Field> = {
  hostname: (call, machine, value) => {
    if (value !== machine.hostname && hostnameIsTaken(call.world, value)) {
      throw invalid({ hostname: 'Node with this Hostname already exists.' });
    }
    return () => {
      machine.hostname = value;
    };
  },
  description: (_, machine, value) => () => {
    machine.description = value;
  },
  architecture: (_, machine, value) => () => {
    machine.architecture = value;
  },
  min_hwe_kernel: (_, machine, value) => () => {
    machine.minHweKernel = value;
  },
  zone: (call, machine, value) => {
    const id = chosen(call.world.zones.values(), value, 'zone');
    return () => {
      machine.zoneId = id;
    };
  },
  pool: (call, machine, value) => {
    const id = chosen(call.world.pools.values(), value, 'pool');
    return () => {
      machine.poolId = id;
    };
  },
  domain: (call, machine, value) => {
    const id = chosen(call.world.domains.values(), value, 'domain');
    return () => {
      machine.domainId = id;
    };
  },
  power_type: (_, machine, value) => {
    if (!powerTypes.some(type => type.name === value)) {
      throw invalid({ power_type: `Select a valid choice. ${value} is not one of the available choices.` });
    }
    return () => {
      if (machine.powerType !== value) machine.powerParameters = {};
      machine.powerType = value;
    };
  },
  cpu_count: (_, machine, value) => {
    const number = wholeNumber(value, 'cpu_count');
    return () => {
      machine.cpuCount = number;
    };
  },
  memory: (_, machine, value) => {
    const number = wholeNumber(value, 'memory');
    return () => {
      machine.memoryMib = number;
    };
  },
  swap_size: (_, machine, value) => {
    const number = wholeNumber(value, 'swap_size');
    return () => {
      machine.swapSizeBytes = number;
    };
  },
};

function chosen(records: Iterable<{ id: number; name: string }>, value: string, field: string): number {
  const record = [...records].find(known => known.name === value || String(known.id) === value);
  if (!record) throw invalid({ [field]: noChoice });
  return record.id;
}

const suffixes: Record<string, number> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };

function wholeNumber(value: string, field: string): number {
  const match = /^(\d+)([KMGT]?)$/.exec(value);
  if (!match) throw invalid({ [field]: 'Enter a whole number.' });
  return Number(match[1]) * (suffixes[match[2] ?? ''] ?? 1);
}
