import { buildCommand, numberParser } from '@stricli/core';
import type { AppContext } from './context.ts';
import { outputAliases, outputFlag, siteAliases, siteFlags } from './flags.ts';
import { guard } from './guard.ts';
import type { HistoryFlags } from './history.ts';
import type { ReportFlags } from './report.ts';
import type { ReadFlags } from './status.ts';

const readFlags = { ...siteFlags, output: outputFlag };
const aliases = { ...siteAliases, ...outputAliases };

export const machinesCommand = buildCommand<ReadFlags, string[], AppContext>({
  loader: async () => guard((await import('./machines.ts')).machines),
  parameters: {
    flags: readFlags,
    aliases,
    positional: {
      kind: 'array',
      parameter: {
        parse: String,
        placeholder: 'NAME',
        brief: 'Only these machines, with every part of their road',
      },
    },
  },
  docs: {
    brief: 'Show what former runs say of each machine: medians, failures by kind, last error',
    fullDescription:
      'The ledger of machines, made from the journals of all runs: in how many runs something was done to a machine, the medians of ' +
      'its deployment, first SSH answer, preparation, join and Ready, how often a step failed for good (by error code) or was tried ' +
      'again, and its last error. With names it shows every part of their road, from power-on to Ready. Asks nobody, changes nothing.',
  },
});

export const historyCommand = buildCommand<HistoryFlags, [string?], AppContext>({
  loader: async () => guard((await import('./history.ts')).history),
  parameters: {
    flags: {
      ...readFlags,
      limit: {
        kind: 'parsed',
        parse: numberParser,
        default: '20',
        placeholder: 'N',
        brief: 'The newest N runs',
      },
    },
    aliases,
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: String,
          optional: true,
          placeholder: 'RUN',
          brief: 'One run with its critical path: its name, the beginning of it, or last',
        },
      ],
    },
  },
  docs: {
    brief: 'Show the runs of the cluster over time, and what made each as long as it was',
    fullDescription:
      'One line a run, oldest first. A run that ended well is compared with the former ones that did the same work, and what on its ' +
      'critical path took longer than it usually does on that machine is named. With a run it shows the critical path itself: the ' +
      'chain of work that decided how long the run took. Asks nobody, changes nothing.',
  },
});

export const reportCommand = buildCommand<ReportFlags, [string?], AppContext>({
  loader: async () => guard((await import('./report.ts')).report),
  parameters: {
    flags: {
      ...siteFlags,
      file: {
        kind: 'parsed',
        parse: String,
        optional: true,
        placeholder: 'FILE',
        brief: 'Where to write it (default: ./coldstart-RUN.html; - for standard output)',
      },
    },
    aliases: { ...siteAliases, f: 'file' },
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: String,
          optional: true,
          placeholder: 'RUN',
          brief: 'The run: its name, the beginning of it, or last (the default)',
        },
      ],
    },
  },
  docs: {
    brief: 'Write a run as one HTML file: timeline, critical path, failures, machines, settings',
    fullDescription:
      'Writes one self-contained HTML file about a run, and prints its path. It has a timeline with one lane a machine, in which waits and ' +
      'the critical path can be seen, the durations of runs over time, failures and retries, the machines, and the versions and settings ' +
      'that were used. It asks for nothing from anywhere, and can be printed.',
  },
});
