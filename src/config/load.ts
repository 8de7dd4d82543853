import { readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { reasonOf } from '../core/errors.ts';
import type { Secret } from '../core/secret.ts';
import { findApiKey, resolvePaths } from './files.ts';
import { fileLayer, type Layer, namedLayer, pathOf, whereGiven } from './layers.ts';
import type { PlainMap } from './merge.ts';
import { parseLayers } from './parse.ts';
import { type ConfigProblem, configInvalid } from './problems.ts';
import type { ClusterConfig, ClusterFile } from './schema.ts';

export interface ConfigSources {
  /** The file to read; without it ./cluster.yaml when there is one, and no file otherwise. */
  path?: string | undefined;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** What a site knows by itself, such as an embedded lab. */
  siteDefaults?: ClusterFile | undefined;
  /** Settings from the command line. */
  flags?: ClusterFile | undefined;
}

export interface LoadedConfig {
  config: ClusterConfig;
  /** From MAAS_API_KEY, else from maas.apiKeyFile. */
  apiKey: Secret | undefined;
  /** Absolute path of the file that was read. */
  file: string | undefined;
  /** Sentences for the user about what works but should be better. */
  warnings: string[];
  /** Where a setting such as `maas.url` was given: `cluster.yaml:3:5`, `MAAS_API_URL`, `default`. */
  originOf(path: string): string;
}

/**
 * Reads the configuration. Later sources win: defaults, the 2018 variables K8S_MASTER_TAG and K8S_HOST_TAG, site
 * defaults, cluster.yaml, MAAS_API_URL and MAAS_API_KEY, flags.
 * Throws CONFIG_INVALID with all problems at once, in `data.problems` too.
 */
export async function loadConfig(sources: ConfigSources): Promise<LoadedConfig> {
  const file = await readConfigFile(sources);
  const layers = [
    tagLayer(sources.env),
    namedLayer(defined(sources.siteDefaults), () => 'site defaults'),
    ...(file === undefined ? [] : [file.layer]),
    maasLayer(sources.env),
    namedLayer(defined(sources.flags), path => `command line (${path})`),
  ];
  const originOf = (path: string) => whereGiven(layers, pathOf(path));
  const { parsed, problems } = parseLayers(layers);
  const folder = file === undefined ? sources.cwd : dirname(file.path);
  const { config, problems: pathProblems } = await resolvePaths(parsed, folder, sources.env);
  const key = await findApiKey(sources.env, config?.maas.apiKeyFile);
  const found = [...pathProblems, ...key.problems].map(problem => ({
    at: originOf(problem.path),
    ...problem,
  }));
  const all = [...problems, ...found];
  all.push(...elsewhere(file?.problems ?? [], all));
  if (config === undefined || all.length > 0) throw configInvalid(all);
  return {
    config: config,
    apiKey: key.apiKey,
    file: file?.path,
    warnings: key.warnings,
    originOf,
  };
}

/** Of one place, what the schema says is nearer to the point than what YAML says. */
function elsewhere(problems: readonly ConfigProblem[], known: readonly ConfigProblem[]): ConfigProblem[] {
  const places = new Set(known.map(({ at }) => at));
  return problems.filter(({ at }) => !places.has(at));
}

interface ConfigFile {
  path: string;
  layer: Layer;
  problems: ConfigProblem[];
}

async function readConfigFile({ path, cwd }: ConfigSources): Promise<ConfigFile | undefined> {
  const absolute = resolve(cwd, path ?? 'cluster.yaml');
  const fromHere = relative(cwd, absolute);
  const label = fromHere.startsWith('..') ? absolute : fromHere;
  let text: string;
  try {
    text = await readFile(absolute, 'utf8');
  } catch (thrown) {
    if (path === undefined && (thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw configInvalid([{ at: label, path: '', message: `cannot be read: ${reasonOf(thrown)}` }]);
  }
  const { parseYamlFile } = await import('./yaml-file.ts');
  const yaml = parseYamlFile(text);
  const problems = yaml.problems.map(({ line, column, message }) => ({
    at: `${label}:${line}:${column}`,
    path: '',
    message,
  }));
  return { path: absolute, layer: fileLayer(yaml, label), problems };
}

/** The variables of the 2018 system: below the file, because a file is the newer word. */
function tagLayer(env: ConfigSources['env']): Layer {
  const controlPlane = env.K8S_MASTER_TAG ? { controlPlane: { tag: env.K8S_MASTER_TAG } } : {};
  const workers = env.K8S_HOST_TAG ? { workers: { tag: env.K8S_HOST_TAG } } : {};
  return namedLayer({ machines: { ...controlPlane, ...workers } }, path =>
    path.startsWith('machines.controlPlane') ? 'K8S_MASTER_TAG' : 'K8S_HOST_TAG',
  );
}

function maasLayer(env: ConfigSources['env']): Layer {
  const url = env.MAAS_API_URL?.trim();
  return namedLayer(url ? { maas: { url } } : {}, () => 'MAAS_API_URL');
}

function defined(settings: ClusterFile | undefined): PlainMap {
  return settings ?? {};
}
