import { buildChoiceParser, buildCommand } from '@stricli/core';
import { verifyChecks } from '../checks/verify.ts';
import { eraseKinds } from '../plan/plan.ts';
import type { AppContext } from './context.ts';
import type { OpenFlags } from './dashboards.ts';
import {
  configFlag,
  labFlag,
  outputFlag,
  type ReadFlags,
  readAliases,
  readFlags,
  siteAliases,
  siteFlags,
  switchFlag,
  textFlag,
  yesFlag,
} from './flags.ts';
import { guard } from './guard.ts';
import type { InitFlags } from './init.ts';
import type { InventoryFlags } from './inventory.ts';
import type { KubeconfigFlags } from './kubeconfig.ts';
import type { PlanFlags } from './plan.ts';
import type { UpFlags } from './up.ts';
import type { VerifyFlags } from './verify.ts';
import type { WipeFlags } from './wipe.ts';

export const upCommand = buildCommand<UpFlags, [], AppContext>({
  loader: async () => guard((await import('./up.ts')).up),
  parameters: {
    flags: {
      config: configFlag,
      lab: { ...labFlag, brief: 'Start the embedded lab where it does not run, and use it' },
      plan: textFlag('FILE', 'Do exactly what coldstart plan --save FILE has shown, or nothing'),
      yes: yesFlag,
      output: outputFlag,
    },
    aliases: { ...readAliases, y: 'yes' },
  },
  docs: {
    brief: 'Make the cluster: deploy, prepare, join, configure whatever is missing',
    fullDescription:
      'Looks at MAAS and Kubernetes, and does what is missing to have the cluster. Run it again at any time: it goes ' +
      'on where it stopped, and changes nothing where nothing is missing. Only free machines are deployed; a machine ' +
      'that is deployed already is prepared and joined, never wiped.',
  },
});

export const planCommand = buildCommand<PlanFlags, [], AppContext>({
  loader: async () => guard((await import('./plan.ts')).plan),
  parameters: {
    flags: { ...readFlags, save: textFlag('FILE', 'Keep the plan for coldstart up --plan FILE') },
    aliases: readAliases,
  },
  docs: {
    brief: 'Show what up would do, machine by machine; changes nothing',
    fullDescription:
      'A saved plan is carried out as it was read, by coldstart up --plan: with other settings, another version, other nodes, or ' +
      'after another run, that does nothing and says so. MAAS is not asked for its machines once more, which takes 30 ms for ' +
      'each; every machine is still looked at right before its disks are touched.',
  },
});

export const statusCommand = buildCommand<ReadFlags, [], AppContext>({
  loader: async () => guard((await import('./status.ts')).status),
  parameters: { flags: readFlags, aliases: readAliases },
  docs: { brief: 'Show machines and nodes in one table' },
});

const wipeHelp =
  'Left alone are machines that are locked, that belong to somebody else or to another cluster, that are outside of ' +
  'machines.pool or machines.zone, or that carry machines.excludeTag (coldstart-never); each is looked at once more ' +
  'right before it is released. Without --erase MAAS does not overwrite the disks. --erase quick overwrites both ends of ' +
  "each, so that nothing boots or mounts; secure uses the disk's own secure erase; full overwrites every block. Machines " +
  'that are Ready already are not erased.';

const wipeParameters = {
  flags: {
    ...siteFlags,
    erase: {
      kind: 'enum',
      values: eraseKinds,
      optional: true,
      brief: 'Have MAAS erase the disks too: quick (minutes), secure (by the disk itself) or full (hours)',
    },
    yes: yesFlag,
    output: outputFlag,
  },
  aliases: { ...readAliases, y: 'yes' },
} as const;

export const resetCommand = buildCommand<WipeFlags, [], AppContext>({
  loader: async () => guard((await import('./wipe.ts')).reset),
  parameters: wipeParameters,
  docs: {
    brief: 'Release the machines and deploy them again; everything on them is lost',
    fullDescription: `Shows every machine with its disks, its system, its owner and when it was deployed, and asks for the name of the cluster before anything happens. Run again after an interruption, it goes on with the machines that are left. ${wipeHelp}`,
  },
});

export const releaseCommand = buildCommand<WipeFlags, [], AppContext>({
  loader: async () => guard((await import('./wipe.ts')).release),
  parameters: wipeParameters,
  docs: {
    brief: 'Give the machines back to MAAS; everything on them is lost',
    fullDescription: `Releases the machines of the cluster: MAAS powers them off, and anybody may have them. Shows what will be lost and asks first. ${wipeHelp}`,
  },
});

export const inventoryCommand = buildCommand<InventoryFlags, [], AppContext>({
  loader: async () => guard((await import('./inventory.ts')).inventory),
  parameters: {
    flags: {
      ...siteFlags,
      list: switchFlag('All groups and hosts; the same as no flag at all'),
      host: textFlag('NAME', 'The variables of one host'),
    },
    aliases: siteAliases,
  },
  docs: { brief: 'Print an Ansible dynamic inventory (JSON)' },
});

export const kubeconfigCommand = buildCommand<KubeconfigFlags, [], AppContext>({
  loader: async () => guard((await import('./kubeconfig.ts')).kubeconfig),
  parameters: {
    flags: {
      ...siteFlags,
      merge: switchFlag('Merge it into $KUBECONFIG or ~/.kube/config, after a backup'),
      remove: switchFlag('Take the entries of this cluster out again'),
    },
    aliases: siteAliases,
  },
  docs: { brief: 'Print the kubeconfig of the cluster, or merge it into yours' },
});

export const doctorCommand = buildCommand<ReadFlags, [], AppContext>({
  loader: async () => guard((await import('./doctor.ts')).doctor),
  parameters: { flags: readFlags, aliases: readAliases },
  docs: { brief: 'Check MAAS, keys, tags, images and tools, and say how to get what is missing' },
});

export const addonsCommand = buildCommand<ReadFlags, [], AppContext>({
  loader: async () => guard((await import('./addons.ts')).addons),
  parameters: { flags: readFlags, aliases: readAliases },
  docs: { brief: 'Show add-ons: wanted, installed, ready, and newer versions in the catalogue' },
});

export const openCommand = buildCommand<OpenFlags, [string?], AppContext>({
  loader: async () => guard((await import('./dashboards.ts')).open),
  parameters: {
    flags: {
      ...readFlags,
      showLogin: switchFlag('Show password or token also where the output is no terminal'),
    },
    aliases: readAliases,
    positional: {
      kind: 'tuple',
      parameters: [{ parse: String, optional: true, placeholder: 'NAME', brief: 'One of the list' }],
    },
  },
  docs: {
    brief: 'Show URL and login of a dashboard; without a name, all dashboards',
    fullDescription:
      'Add-ons bring dashboards: Headlamp, Grafana, and those that your own add-ons name in cluster.yaml. Tokens are made ' +
      'when they are asked for and end after eight hours; passwords are read from the cluster. Nothing of it is kept or logged.',
  },
});

const checkNames = verifyChecks.map(({ name }) => name);

export const verifyCommand = buildCommand<VerifyFlags, string[], AppContext>({
  loader: async () => guard((await import('./verify.ts')).verify),
  parameters: {
    flags: {
      ...readFlags,
      image: textFlag('IMAGE', 'Image of the test pods, instead of verify.image in cluster.yaml'),
    },
    aliases: readAliases,
    positional: {
      kind: 'array',
      parameter: {
        parse: buildChoiceParser(checkNames),
        proposeCompletions: () => checkNames,
        placeholder: 'NAME',
        brief: `Only these conditions: ${checkNames.join(', ')}`,
      },
    },
  },
  docs: {
    brief: 'Check that the cluster works: nodes, DNS, pods, services, storage, gateway, metrics, add-ons',
  },
});

export const initCommand = buildCommand<InitFlags, [], AppContext>({
  loader: async () => guard((await import('./init.ts')).init),
  parameters: {
    flags: {
      ...siteFlags,
      force: switchFlag('Replace an existing file'),
    },
    aliases: siteAliases,
  },
  docs: { brief: 'Write a commented cluster.yaml from what is seen in MAAS' },
});
