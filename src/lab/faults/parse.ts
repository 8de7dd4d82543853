import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { type ConfigProblem, configInvalid, schemaProblems } from '../../config/problems.ts';
import { parseYamlFile } from '../../config/yaml-file.ts';
import { ColdstartError, reasonOf } from '../../core/errors.ts';
import { type Fault, faultSchema, type Scenario, scenarioSchema } from './fault.ts';

const numbers: readonly string[] = ['times', 'after', 'chance', 'seconds'];

/** Reads `KIND[,name=value]…` as on the command line. Throws USAGE with everything that is wrong with it. */
export function parseFault(text: string): Fault {
  const [kind = '', ...options] = text.split(',').map(part => part.trim());
  const wrong = options.find(option => !/^[^=]+=./.test(option));
  if (wrong !== undefined) throw unusable(text, [`${wrong} should look like name=value`]);
  const given = options.map(option => {
    const name = option.slice(0, option.indexOf('='));
    const value = option.slice(name.length + 1);
    return [name, numbers.includes(name) ? Number(value) : value] as const;
  });
  const result = faultSchema.safeParse({ ...Object.fromEntries(given), kind }, { reportInput: true });
  if (result.success) return result.data;
  throw unusable(
    text,
    problemsOf(result.error).map(({ path, message }) => `${path.map(String).join('.')} ${message}`),
  );
}

function unusable(text: string, problems: readonly string[]): ColdstartError {
  return new ColdstartError('USAGE', `--fault ${text}: ${problems.join('; ')}`, {
    hint: 'coldstart lab fault --help explains the form; docs/reliability.md has every kind',
  });
}

/** Reads a scenario file. Throws CONFIG_INVALID with every problem, each with file, line and column. */
export async function readScenario(file: string): Promise<Scenario> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (thrown) {
    throw configInvalid([{ at: file, path: '', message: `cannot be read: ${reasonOf(thrown)}` }]);
  }
  return parseScenario(text, file);
}

export function parseScenario(text: string, file: string): Scenario {
  const yaml = parseYamlFile(text);
  const result = scenarioSchema.safeParse(yaml.value, { reportInput: true });
  const problems: ConfigProblem[] = yaml.problems.map(({ line, column, message }) => ({
    at: `${file}:${line}:${column}`,
    path: '',
    message,
  }));
  if (result.success && problems.length === 0) return result.data;
  const found = problems.length > 0 || result.success ? [] : problemsOf(result.error);
  for (const { path, part, message } of found) {
    const { line, column } = yaml.placeOf(path, part);
    problems.push({ at: `${file}:${line}:${column}`, path: path.map(String).join('.'), message });
  }
  throw configInvalid(problems);
}

const knownPaths = [
  'seed',
  'faults',
  ...Object.keys(faultSchema.shape).flatMap(name => [name, `faults.${name}`]),
];

function problemsOf(error: z.ZodError) {
  return schemaProblems(error, knownPaths);
}
