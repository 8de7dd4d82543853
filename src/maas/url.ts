import { ColdstartError } from '../core/errors.ts';

/** Where a region's API is. */
export interface MaasUrl {
  /** `http://HOST:5240/MAAS/api/2.0/`: every request is resolved against it. */
  readonly base: URL;
  /** `http://HOST:5240/MAAS`, the form for people. */
  readonly shown: string;
}

/**
 * Reads a MAAS URL in any form that people paste: the bare server, with `/MAAS`, with `/MAAS/api/2.0`, each with or
 * without a slash at the end, behind the prefix of a reverse proxy, or a page of the MAAS web interface.
 * Throws CONFIG_INVALID; `source` names the setting that the text came from.
 */
export function parseMaasUrl(text: string, source = 'MAAS_API_URL'): MaasUrl {
  const url = readUrl(text.trim(), source);
  if (url.username !== '' || url.password !== '') {
    throw new ColdstartError('CONFIG_INVALID', `${source} must not carry a user name or password`, {
      because: 'MAAS knows its users by API key',
      hint: 'take the part before @ out of the URL, and set MAAS_API_KEY',
    });
  }
  const root = `${url.origin}${regionPath(url.pathname)}`;
  return { base: new URL(`${root}/api/2.0/`), shown: root };
}

const remedy = 'give the address of the region, such as http://172.16.16.2:5240/MAAS';

function readUrl(text: string, source: string): URL {
  const invalid = (because: string) =>
    new ColdstartError('CONFIG_INVALID', `${source} is not a MAAS URL`, { because, hint: remedy });
  if (text === '') throw invalid('it is empty');
  // `maas.example:5240/MAAS` would parse, with `maas.example:` as its scheme.
  if (!/^https?:\/\//i.test(text))
    throw invalid(`it does not begin with http:// or https://: ${withoutUser(text)}`);
  try {
    return new URL(text);
  } catch {
    throw invalid(`${withoutUser(text)} cannot be read as a URL`);
  }
}

function withoutUser(text: string): string {
  return text.replace(/\/\/[^/@]*@/, '//');
}

/** The path up to and with `/MAAS`: regions always serve below it, whatever a proxy puts in front. */
function regionPath(pathname: string): string {
  const parts = pathname.split('/').filter(part => part !== '');
  const exact = parts.indexOf('MAAS');
  if (exact >= 0) return `/${parts.slice(0, exact + 1).join('/')}`;
  const prefix = parts.slice(0, endOfPrefix(parts));
  if (prefix.at(-1)?.toLowerCase() === 'maas') prefix.pop();
  return `/${[...prefix, 'MAAS'].join('/')}`;
}

function endOfPrefix(parts: readonly string[]): number {
  const api = parts.findIndex((part, i) => part === 'api' && /^(\d+\.\d+)?$/.test(parts[i + 1] ?? ''));
  return api >= 0 ? api : parts.length;
}
