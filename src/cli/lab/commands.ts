import { buildCommand, buildRouteMap, numberParser } from '@stricli/core';
import { ColdstartError } from '../../core/errors.ts';
import type { Fault } from '../../lab/faults/fault.ts';
import { faultKinds } from '../../lab/faults/kinds.ts';
import { formatTable } from '../../render/table.ts';
import type { AppContext } from '../context.ts';
import { type NoFlags, outputAliases, outputFlag, switchFlag, textFlag, yesFlag } from '../flags.ts';
import { guard } from '../guard.ts';
import type { LabFaultFlags } from './fault.ts';
import type { LabDownFlags, LabStatusFlags, LabUpFlags } from './lab.ts';

const scenarioFlag = textFlag('FILE', 'YAML file with faults: a list below the key faults, and a seed');

const upCommand = buildCommand<LabUpFlags, [], AppContext>({
  loader: async () => guard((await import('./lab.ts')).labUpCommand),
  parameters: {
    flags: {
      machines: {
        kind: 'enum',
        values: ['hosts', 'simulated'],
        optional: true,
        brief: 'Real Linux hosts (default on Linux as root), or simulated machines (everywhere)',
      },
      count: {
        kind: 'parsed',
        parse: count,
        optional: true,
        placeholder: 'N',
        brief: 'How many machines (3)',
      },
      timeScale: {
        kind: 'parsed',
        parse: positive,
        optional: true,
        placeholder: 'X',
        brief: 'Simulated machines live X times faster than real ones (1)',
      },
      wholeRoad: {
        kind: 'boolean',
        optional: true,
        withNegated: false,
        brief: 'Simulated machines become a cluster: ssh, Ansible and Kubernetes are stand-ins of the lab',
      },
      kubernetesFrom: textFlag(
        'DIR',
        'Folder with kubeadm, kubelet, kubectl and image archives of one version to serve',
      ),
      suite: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'NAME',
        brief: "Debian suite of the hosts' operating system (bookworm)",
      },
      fault: {
        kind: 'parsed',
        parse: faultOf,
        variadic: true,
        optional: true,
        placeholder: 'KIND[,name=value]…',
        brief: 'Something that goes wrong; may be given several times (see coldstart lab fault --help)',
      },
      scenario: scenarioFlag,
      yes: yesFlag,
    },
    aliases: { y: 'yes' },
  },
  docs: { brief: 'Start a MAAS region of its own with machines to try everything on' },
});

const downCommand = buildCommand<LabDownFlags, [], AppContext>({
  loader: async () => guard((await import('./lab.ts')).labDownCommand),
  parameters: {
    flags: {
      purge: switchFlag('Forget the machines too; without it the next lab up finds them as they were'),
    },
  },
  docs: { brief: 'Stop the lab and leave this computer as it was' },
});

const statusCommand = buildCommand<LabStatusFlags, [], AppContext>({
  loader: async () => guard((await import('./lab.ts')).labStatusCommand),
  parameters: { flags: { output: outputFlag }, aliases: outputAliases },
  docs: { brief: 'Show whether the lab runs, and where' },
});

const envCommand = buildCommand<NoFlags, [], AppContext>({
  loader: async () => guard((await import('./lab.ts')).labEnvCommand),
  parameters: { flags: {} },
  docs: { brief: 'Print shell commands that point MAAS_API_URL and MAAS_API_KEY at the lab' },
});

const faultHelp = [
  'Faults that are given take the place of those that the lab has; without any, the present ones are listed.',
  'A fault is a kind with options: machine=NAME, times=N (how often), after=N (how many chances pass first), chance=0…1,',
  'and for answers of the API also seconds=X, method=GET|POST and path=GLOB, such as path=machines/*/?op=deploy.',
  '',
  formatTable(Object.entries(faultKinds).map(([kind, { what }]) => [kind, what])).trimEnd(),
].join('\n');

const faultCommand = buildCommand<LabFaultFlags, Fault[], AppContext>({
  loader: async () => guard((await import('./fault.ts')).labFaultCommand),
  parameters: {
    flags: {
      scenario: scenarioFlag,
      clear: switchFlag('Take all faults away'),
      output: outputFlag,
    },
    aliases: outputAliases,
    positional: {
      kind: 'array',
      parameter: { parse: faultOf, placeholder: 'KIND[,name=value]…', brief: 'What goes wrong from now on' },
    },
  },
  docs: {
    brief: 'Show what goes wrong in the running lab, or have other things go wrong',
    fullDescription: faultHelp,
  },
});

const serveCommand = buildCommand<NoFlags, [], AppContext>({
  loader: async () => guard((await import('./lab.ts')).labServeCommand),
  parameters: { flags: {} },
  docs: { brief: 'Run the lab in this process (lab up starts it in the background)' },
});

export const labRoutes = buildRouteMap({
  routes: {
    up: upCommand,
    down: downCommand,
    status: statusCommand,
    env: envCommand,
    fault: faultCommand,
    serve: serveCommand,
  },
  docs: {
    brief: 'The embedded lab: a MAAS region with machines on this computer',
    hideRoute: { serve: true },
  },
});

/** The schema is loaded only when a fault is given. */
async function faultOf(text: string): Promise<Fault> {
  return (await import('../../lab/faults/parse.ts')).parseFault(text);
}

function count(text: string): number {
  const value = numberParser(text);
  if (Number.isInteger(value) && value >= 1 && value <= 10_000) return value;
  throw new ColdstartError('USAGE', `--count takes a whole number from 1 to 10000, not ${text}`);
}

function positive(text: string): number {
  const value = numberParser(text);
  if (value > 0 && Number.isFinite(value)) return value;
  throw new ColdstartError('USAGE', `--time-scale takes a number above 0, not ${text}`);
}
