import {
  ArgumentScannerError,
  buildApplication,
  buildChoiceParser,
  buildCommand,
  buildRouteMap,
  formatMessageForArgumentScannerError,
  text_en,
} from '@stricli/core';
import { ColdstartError, reasonOf } from '../core/errors.ts';
import { plainPaint } from '../render/paint.ts';
import { version } from '../version.ts';
import { historyCommand, machinesCommand, measureCommand, reportCommand } from './clock-commands.ts';
import {
  addonsCommand,
  doctorCommand,
  initCommand,
  inventoryCommand,
  kubeconfigCommand,
  openCommand,
  planCommand,
  releaseCommand,
  resetCommand,
  statusCommand,
  upCommand,
  verifyCommand,
} from './commands.ts';
import type { AppContext } from './context.ts';
import { drillCommand } from './drill-command.ts';
import { errorText, printErrorJson } from './error-text.ts';
import type { NoFlags } from './flags.ts';
import { guard } from './guard.ts';
import { labRoutes } from './lab/commands.ts';
import { mirrorRoutes } from './mirror/commands.ts';
import { userRoutes } from './user/commands.ts';

const completionCommand = buildCommand<NoFlags, ['bash' | 'zsh' | 'fish'], AppContext>({
  loader: async () => guard((await import('./completion.ts')).completion),
  parameters: {
    positional: {
      kind: 'tuple',
      parameters: [
        {
          parse: buildChoiceParser(['bash', 'zsh', 'fish']),
          proposeCompletions: () => ['bash', 'zsh', 'fish'],
          placeholder: 'shell',
          brief: 'bash, zsh or fish',
        },
      ],
    },
  },
  docs: { brief: 'Print a completion script for your shell' },
});

/** Asked by the completion scripts: proposals for the words typed so far, one a line. */
const completeCommand = buildCommand<NoFlags, string[], AppContext>({
  loader: async () => guard((await import('./completion.ts')).complete),
  parameters: {
    positional: {
      kind: 'array',
      parameter: { parse: (text: string) => text, brief: 'Words', placeholder: 'word' },
    },
  },
  docs: { brief: 'Propose completions' },
});

const root = buildRouteMap({
  routes: {
    up: upCommand,
    plan: planCommand,
    status: statusCommand,
    reset: resetCommand,
    release: releaseCommand,
    inventory: inventoryCommand,
    kubeconfig: kubeconfigCommand,
    machines: machinesCommand,
    history: historyCommand,
    report: reportCommand,
    measure: measureCommand,
    user: userRoutes,
    addons: addonsCommand,
    open: openCommand,
    verify: verifyCommand,
    doctor: doctorCommand,
    init: initCommand,
    mirror: mirrorRoutes,
    lab: labRoutes,
    drill: drillCommand,
    completion: completionCommand,
    __complete: completeCommand,
  },
  docs: {
    brief: 'From powered-off machines to a Kubernetes cluster, in one command',
    fullDescription:
      'Canonical MAAS powers and deploys the hardware, Ansible prepares it, kubeadm makes the cluster; coldstart conducts.\n' +
      'Without any hardware: coldstart up --lab. With a MAAS: set MAAS_API_URL and MAAS_API_KEY, then coldstart plan.',
    hideRoute: { __complete: true },
  },
});

/** Mistakes on the command line look like every other error. */
const usageErrors = {
  exceptionWhileParsingArguments: (thrown: unknown) =>
    usageText(
      thrown instanceof ArgumentScannerError
        ? formatMessageForArgumentScannerError(thrown, {})
        : reasonOf(thrown),
    ),
  noCommandRegisteredForInput: ({ input, corrections }: { input: string; corrections: readonly string[] }) =>
    usageText(
      `there is no command ${input}`,
      corrections.length > 0 ? `did you mean ${corrections.join(' or ')}?` : 'coldstart --help',
    ),
};

function usageText(what: string, hint?: string): string {
  const error = new ColdstartError('USAGE', what, hint === undefined ? {} : { hint });
  // The flags could not be read, so whether JSON is wanted is seen from the words themselves.
  if (/ (-o|--output)[= ]json( |$)/.test(process.argv.join(' '))) printErrorJson(error);
  return errorText(error, plainPaint).trimEnd();
}

/** The commands, their flags and their help. */
export const app = buildApplication<AppContext>(root, {
  name: 'coldstart',
  versionInfo: { currentVersion: version },
  scanner: { caseStyle: 'allow-kebab-for-camel', allowArgumentEscapeSequence: true },
  documentation: { caseStyle: 'convert-camel-to-kebab', useAliasInUsageLine: true },
  localization: { text: { ...text_en, ...usageErrors } },
});
