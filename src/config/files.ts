import { access, constants, readFile, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { reasonOf } from '../core/errors.ts';
import { Secret } from '../core/secret.ts';
import { addonFiles, withAbsolutePaths } from './addon-files.ts';
import type { ParsedCluster } from './schema.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A setting whose file cannot be used. `at` is there when it is not the place of the setting. */
interface FileProblem {
  at?: string;
  path: string;
  message: string;
}

/**
 * Makes `~/key` and paths relative to `folder` absolute, and checks that the files that are named can be read.
 * The API key's file is left to findApiKey.
 */
export async function resolvePaths<T extends ParsedCluster | undefined>(
  parsed: T,
  folder: string,
  env: Environment,
): Promise<{ config: T; problems: FileProblem[] }> {
  if (parsed === undefined) return { config: parsed, problems: [] };
  const { maas, ssh, network, addons } = parsed;
  const absolute = (path: string | undefined) => path && absolutePath(path, folder, env);
  const config = {
    ...parsed,
    maas: { ...maas, apiKeyFile: absolute(maas.apiKeyFile), caFile: absolute(maas.caFile) },
    ssh: { ...ssh, privateKeyFile: absolute(ssh.privateKeyFile) },
    network: {
      ...network,
      manifest: network.manifest?.includes('://') ? network.manifest : absolute(network.manifest),
    },
    addons: withAbsolutePaths(addons, path => absolutePath(path, folder, env)),
  };
  const named = {
    'maas.caFile': config.maas.caFile,
    'ssh.privateKeyFile': config.ssh.privateKeyFile,
    'network.manifest': config.network.manifest,
    ...addonFiles(config.addons),
  };
  const problems = await Promise.all(Object.entries(named).map(([path, file]) => unreadable(path, file)));
  return { config, problems: problems.flat() };
}

interface FoundKey {
  apiKey: Secret | undefined;
  warnings: string[];
  problems: FileProblem[];
}

/** The API key of MAAS: from MAAS_API_KEY, else from the file, which may not be readable by everybody. */
export async function findApiKey(env: Environment, apiKeyFile: string | undefined): Promise<FoundKey> {
  const path = 'maas.apiKeyFile';
  if (env.MAAS_API_KEY?.trim()) return parseApiKey(env.MAAS_API_KEY, { at: 'MAAS_API_KEY', path: '' });
  if (apiKeyFile === undefined) return { apiKey: undefined, warnings: [], problems: [] };
  try {
    const { mode } = await stat(apiKeyFile);
    if ((mode & 0o004) !== 0) {
      return noKey({
        path,
        message: `everybody on this computer can read ${apiKeyFile}: run chmod 600 on it`,
      });
    }
    const found = parseApiKey(await readFile(apiKeyFile, 'utf8'), { path });
    const shared = (mode & 0o040) !== 0;
    return shared ? { ...found, warnings: [`the group of ${apiKeyFile} can read the API key in it`] } : found;
  } catch (thrown) {
    return noKey({ path, message: `cannot be read: ${reasonOf(thrown)}` });
  }
}

/** `CONSUMER:TOKEN:SECRET` as MAAS shows it: https://maas.io/docs/api-authentication-reference */
function parseApiKey(text: string, from: { at?: string; path: string }): FoundKey {
  const key = text.trim();
  if (/^[^:\s]+:[^:\s]+:[^:\s]+$/.test(key)) return { apiKey: new Secret(key), warnings: [], problems: [] };
  return noKey({ ...from, message: 'must be an API key of MAAS: three parts with colons between them' });
}

function noKey(problem: FileProblem): FoundKey {
  return { apiKey: undefined, warnings: [], problems: [problem] };
}

function absolutePath(path: string, folder: string, env: Environment): string {
  if (path === '~' || path.startsWith('~/')) return join(env.HOME ?? homedir(), path.slice(1));
  return isAbsolute(path) ? path : resolve(folder, path);
}

async function unreadable(path: string, file: string | undefined): Promise<FileProblem[]> {
  if (file === undefined || file === '' || file.includes('://')) return [];
  try {
    await access(file, constants.R_OK);
    return [];
  } catch (thrown) {
    return [{ path, message: `cannot be read: ${reasonOf(thrown)}` }];
  }
}
