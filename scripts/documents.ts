import { clusterJsonSchema, type JsonSchema } from '../src/config/json-schema.ts';
import { clusterSchema } from '../src/config/schema.ts';
import { Exit, type ExitStatus, errorCodes } from '../src/core/errors.ts';
import { type Rehearsal, rehearsals } from '../src/drill/rehearsals.ts';
import { faultText } from '../src/lab/faults/fault.ts';
import { faultKinds, faultNames } from '../src/lab/faults/kinds.ts';

/** The pages of docs/ that are made from the code: file name to text. scripts/docs.mjs writes them. */
export function generatedDocuments(): Record<string, string> {
  return {
    'configuration.md': configurationDocument(),
    'errors.md': errorsDocument(),
    'rehearsals.md': rehearsalsDocument(),
  };
}

const made = '<!-- Made by `npm run docs`. Change the code that it names, not this page. -->\n';

function configurationDocument(): string {
  const schema = clusterJsonSchema();
  const defaults: unknown = clusterSchema.parse({});
  const sections = Object.entries(schema.properties ?? {}).filter(([, child]) => child.properties);
  const single = Object.entries(schema.properties ?? {}).filter(([, child]) => !child.properties);
  const parts = sections.map(([name, section]) => {
    const rows = rowsOf(section, [name], defaults);
    return `## ${name}\n\n${textOf(section)}\n\n${settingsTable(rows)}`;
  });
  const top = settingsTable(single.flatMap(([name, child]) => rowsOf(child, [name], defaults)));
  return [made, configurationIntro, top, ...parts].join('\n');
}

const configurationIntro = `# Configuration

No file is needed. With \`MAAS_API_URL\` and \`MAAS_API_KEY\` in the environment and two tags on the machines, every
setting has a default. \`coldstart init\` writes a commented \`cluster.yaml\` from what it sees in MAAS. coldstart reads
\`cluster.yaml\` in the current folder where there is one, or the file that \`--config FILE\` names.

Every section and every key may be left out. An unknown key is an error, with a suggestion. All problems are
shown at once, each with file, line and column. \`schema/cluster.schema.json\` describes the file to editors.
This page is made from the same schema (\`src/config/schema.ts\`).

## Where settings come from

Later ones win:

1. the defaults below;
2. \`K8S_MASTER_TAG\` and \`K8S_HOST_TAG\`, the tag variables of the 2018 system;
3. what a running lab needs, when the lab is used;
4. \`cluster.yaml\`;
5. \`MAAS_API_URL\` and \`MAAS_API_KEY\`.

| variable | meaning |
|---|---|
| \`MAAS_API_URL\` | address of MAAS, such as \`http://172.16.16.2:5240/MAAS\`; wins over \`maas.url\` |
| \`MAAS_API_KEY\` | API key of a MAAS user; wins over \`maas.apiKeyFile\` |
| \`K8S_MASTER_TAG\`, \`K8S_HOST_TAG\` | tags of control planes and workers, when \`cluster.yaml\` does not name them |
| \`COLDSTART_HOME\` | folder for state; without it \`$XDG_STATE_HOME/coldstart\`, else \`~/.local/state/coldstart\` |
| \`COLDSTART_PATIENCE\` | what every limit of waiting is multiplied with; 1 without it. For rehearsals: see reliability.md |
| \`XDG_CACHE_HOME\` | caches are in \`coldstart\` below it, else in \`~/.cache/coldstart\` |
| \`KUBECONFIG\` | where \`kubeconfig --merge\` merges to, else \`~/.kube/config\` |
| \`HTTP_PROXY\`, \`HTTPS_PROXY\`, \`ALL_PROXY\`, \`NO_PROXY\` | the proxy on the way to MAAS, to manifests, and for \`coldstart mirror fetch\`, as for curl |
| \`NO_COLOR\`, \`FORCE_COLOR\` | switch colours off, or on |

Paths in \`cluster.yaml\` are relative to the file; \`~/\` is the home folder. A dash in the column "default" means:
not set.
`;

interface SettingRow {
  path: string;
  kind: string;
  standard: string;
  meaning: string;
}

function rowsOf(schema: JsonSchema, path: readonly string[], defaults: unknown): SettingRow[] {
  if (!schema.properties) {
    return [
      {
        path: path.join('.'),
        kind: kindOf(schema),
        standard: standardOf(defaults, path, schema.default),
        meaning: textOf(schema),
      },
    ];
  }
  const own = schema.additionalProperties as JsonSchema | undefined;
  const children = Object.entries(schema.properties);
  if (own?.properties) children.push(['NAME', own]);
  return children.flatMap(([key, child]) => {
    // A section with one setting is described as a whole.
    const described = textOf(child) === '' ? { ...child, description: textOf(schema) } : child;
    return rowsOf(described, [...path, key], defaults);
  });
}

function settingsTable(rows: readonly SettingRow[]): string {
  const lines = rows.map(
    ({ path, kind, standard, meaning }) => `| \`${path}\` | ${kind} | ${standard} | ${cell(meaning)} |\n`,
  );
  return `| setting | value | default | meaning |\n|---|---|---|---|\n${lines.join('')}`;
}

function textOf({ description }: JsonSchema): string {
  return typeof description === 'string' ? description : '';
}

function kindOf({ type, enum: choices, items, additionalProperties }: JsonSchema): string {
  if (Array.isArray(choices)) return choices.map(choice => `\`${String(choice)}\``).join(', ');
  if (type === 'array') return `list of ${listed(items as JsonSchema | undefined)}`;
  if (type !== 'object') return 'text';
  const values = additionalProperties as JsonSchema | undefined;
  return values?.type === 'string' ? 'map of text' : 'map';
}

function listed(items: JsonSchema | undefined): string {
  if (!items) return 'anything';
  return items['type'] === 'object' ? 'maps' : 'text';
}

/** What the schema itself makes of an empty file. */
function standardOf(defaults: unknown, path: readonly string[], own: unknown): string {
  const value =
    path.reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], defaults) ?? own;
  if (value === undefined) return '–';
  return typeof value === 'string' ? `\`${value}\`` : `\`${JSON.stringify(value)}\``;
}

function errorsDocument(): string {
  const exits = Object.entries(exitMeanings).map(
    ([name, meaning]) => `| ${Exit[name as keyof typeof Exit]} | ${meaning} |\n`,
  );
  const statuses = [...new Set(Object.values(errorCodes).map(({ exit }) => exit))].toSorted((a, b) => a - b);
  const parts = statuses.map(status => `## Exit status ${status}\n\n${codesTable(status)}`);
  return [made, errorsIntro, `| status | meaning |\n|---|---|\n${exits.join('')}`, ...parts].join('\n');
}

const exitMeanings: Readonly<Record<keyof typeof Exit, string>> = {
  done: 'done',
  failed: 'the run failed',
  usage: 'the command line or the configuration is wrong, or no cluster can be made of what was found',
  stopped: 'stopped by the user; the same command goes on',
  unreachable: 'an outside system could not be reached or used, or something that is needed is missing',
  machineNotReady: 'a machine, or the cluster, is not in the state that is needed',
  bug: 'a fault of coldstart itself; please report it',
};

const errorsIntro = `# Errors and exit status

An error says what failed, why, and one thing to try. Its code is in brackets:

\`\`\`
error: could not test the API key at http://127.0.0.1:59999/MAAS
  because connect ECONNREFUSED 127.0.0.1:59999
  try: check MAAS_API_URL, and that its port is open from here   [MAAS_UNREACHABLE]
\`\`\`

With \`-o json\` the same error is on standard output too, as \`{"error": {"code", "message", "because", "hint", "exit"}}\`,
with more facts where there are some. Often the error knows a better thing to try than the table below.

When several machines fail for reasons of different exit status, the run ends with \`RUN_FAILED\`. Otherwise it has the
exit status and the code of its failures. Without an error, \`plan\` ends with 2 when a problem keeps \`up\` from starting, and
\`doctor\` with 5 when something is missing that \`up\` needs. This page is made from \`src/core/errors.ts\`.
`;

function codesTable(status: ExitStatus): string {
  const rows = Object.entries(errorCodes).filter(([, { exit }]) => exit === status);
  const lines = rows.map(
    ([code, { meaning, hint }]) => `| \`${code}\` | ${cell(meaning)} | ${cell(hint)} |\n`,
  );
  return `| code | meaning | what to try |\n|---|---|---|\n${lines.join('')}`;
}

/** Text that cannot end its cell. */
function cell(text: string): string {
  return text.replaceAll('|', String.raw`\|`);
}

function rehearsalsDocument(): string {
  const rows = rehearsals.map(
    rehearsal =>
      `| ${rehearsal.name} | \`${faultText(rehearsal.fault)}\` | ${commandOf(rehearsal)} | ${endOf(rehearsal)} | ${rehearsal.inReducedSet ? 'yes' : 'with --all'} |`,
  );
  const kinds = faultNames.map(kind => {
    const { what, layer } = faultKinds[kind];
    return `| \`${kind}\` | ${what} | ${layers[layer]} | ${rehearsals.some(({ fault }) => fault.kind === kind) ? 'yes' : 'by hand'} |`;
  });
  return [
    made,
    rehearsalsIntro,
    `| rehearsed | fault | with | must end | in the drill |\n|---|---|---|---|---|\n${rows.join('\n')}\n`,
    kindsIntro,
    `| kind | what goes wrong | strikes | rehearsed |\n|---|---|---|---|\n${kinds.join('\n')}\n`,
  ].join('\n');
}

const layers = {
  api: 'requests to MAAS',
  colleague: 'a machine in MAAS, by another person',
  machine: 'a machine or its power controller',
  system: 'the operating system of a machine that goes the whole road',
} as const;

function commandOf({ command, wholeRoad, patience }: Rehearsal): string {
  const impatient = patience === undefined ? '' : `, \`COLDSTART_PATIENCE=${patience}\``;
  return `\`${command}\`, ${wholeRoad ? 'the whole road' : 'the hardware stage'}${impatient}`;
}

function endOf({ expected }: Rehearsal): string {
  if (expected.end === 'recovered') return 'recovered';
  const after = expected.needsPerson ? 'a person puts it right' : 'the next `up` goes on';
  return `stopped, \`${expected.code}\`; ${after}`;
}

const rehearsalsIntro = `# Rehearsals

What \`coldstart drill --all\` plays through; [reliability.md](reliability.md) explains it. The fault is written as
\`coldstart lab up --fault\` and \`coldstart lab fault\` take it; quote it for your shell. The tests play what the drill plays without
\`--all\`. The code of an error and its words are compared, and that the fault did strike. This page is made from \`src/drill/rehearsals.ts\` and \`src/lab/faults/kinds.ts\`.
`;

const kindsIntro = `## Every kind of fault
`;
