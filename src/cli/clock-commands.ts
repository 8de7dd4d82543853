import { buildCommand, numberParser } from '@stricli/core';
import { stages } from '../journal/events.ts';
import type { AppContext } from './context.ts';
import {
  type ReadFlags,
  readAliases,
  readFlags,
  siteAliases,
  siteFlags,
  textFlag,
  yesFlag,
} from './flags.ts';
import { guard } from './guard.ts';
import type { HistoryFlags } from './history.ts';
import type { MeasureFlags } from './measure.ts';
import type { ReportFlags } from './report.ts';

export const machinesCommand = buildCommand<ReadFlags, string[], AppContext>({
  loader: async () => guard((await import('./machines.ts')).machines),
  parameters: {
    flags: readFlags,
    aliases: readAliases,
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
    aliases: readAliases,
    positional: runNamed('One run with its critical path: its name, the beginning of it, or last'),
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
      file: textFlag('FILE', 'Where to write it (default: ./coldstart-RUN.html; - for standard output)'),
    },
    aliases: { ...siteAliases, f: 'file' },
    positional: runNamed('The run: its name, the beginning of it, or last (the default)'),
  },
  docs: {
    brief: 'Write a run as one HTML file: timeline, critical path, failures, machines, settings',
    fullDescription:
      'Writes one self-contained HTML file about a run, and prints its path. It has a timeline with one lane a machine, in which waits and ' +
      'the critical path can be seen, the durations of runs over time, failures and retries, the machines, and the versions and settings ' +
      'that were used. It asks for nothing from anywhere, and can be printed.',
  },
});

export const measureCommand = buildCommand<MeasureFlags, [], AppContext>({
  loader: async () => guard((await import('./measure.ts')).measure),
  parameters: {
    flags: {
      ...readFlags,
      cycles: { kind: 'parsed', parse: cyclesOf, placeholder: 'N', brief: 'How often' },
      through: {
        kind: 'enum',
        values: stages,
        default: 'configure',
        brief: 'The last stage of each cycle',
      },
      file: textFlag('FILE', 'Where the JSON goes (default: ./coldstart-measure-TIME.json)'),
      yes: yesFlag,
    },
    aliases: { ...readAliases, f: 'file', n: 'cycles', y: 'yes' },
  },
  docs: {
    brief: 'Release the machines and bring them up again, several times, and say how long it took',
    fullDescription:
      'Everything on the machines is lost, in every cycle: it shows the same list as release, and asks once for all cycles. Each cycle ' +
      'gives the machines back to MAAS and brings them up as far as the stage that is named. At the end there is a line a cycle with ' +
      'the machine and the part that made it slow, and the minimum, median, p90, maximum and standard deviation of each stage (of the ' +
      'machine that took longest in it) and of the whole cycle. It stops at the first failure, and tells what is known by then. ' +
      'The same is written as JSON after every cycle.',
  },
});

function cyclesOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1 || count > 1000)
    throw new SyntaxError(`${text} is not a number of cycles from 1 to 1000`);
  return count;
}

function runNamed(brief: string) {
  const run = { parse: String, optional: true, placeholder: 'RUN', brief } as const;
  return { kind: 'tuple', parameters: [run] } as const;
}
