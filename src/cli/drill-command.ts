import { buildChoiceParser, buildCommand } from '@stricli/core';
import { type FaultKind, faultNames } from '../lab/faults/kinds.ts';
import type { AppContext } from './context.ts';
import type { DrillFlags } from './drill.ts';
import { outputAliases, outputFlag, switchFlag } from './flags.ts';
import { guard } from './guard.ts';

export const drillCommand = buildCommand<DrillFlags, FaultKind[], AppContext>({
  loader: async () => guard((await import('./drill.ts')).drill),
  parameters: {
    flags: {
      all: switchFlag('Also those that say little more than others, or take longer'),
      output: outputFlag,
    },
    aliases: outputAliases,
    positional: {
      kind: 'array',
      parameter: {
        parse: buildChoiceParser(faultNames),
        proposeCompletions: () => faultNames,
        placeholder: 'FAULT',
        brief: 'Only rehearsals with these faults; coldstart lab fault --help lists them',
      },
    },
  },
  docs: {
    brief: 'Rehearse faults on labs of its own, and see how runs end',
    fullDescription:
      'For each fault it starts a simulated lab in a temporary folder, runs coldstart up or reset on it while things go ' +
      'wrong, and compares the end with what it must be: recovered, or stopped with the right message. After a stop the ' +
      'fault is taken away, and another up must reach the end. Your machines, clusters and labs are not touched. ' +
      'Operating systems, Ansible and Kubernetes are stand-ins here; what real hosts do when their disk is full, their mirror ' +
      'silent or their power gone is played by a test: docs/reliability.md has both lists. ' +
      'Exit status 0 only when every one ended as it must.',
  },
});
