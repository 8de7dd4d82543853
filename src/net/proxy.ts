import { isIP } from 'node:net';
import { ColdstartError } from '../core/errors.ts';
import { isInCidr } from './cidr.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The HTTP proxy to reach `target` through, or undefined for the direct way. Reads HTTP_PROXY, HTTPS_PROXY, ALL_PROXY
 * and NO_PROXY, lower case first, as curl does: https://curl.se/docs/manpage.html#ENVIRONMENT. This computer itself
 * is always reached directly. Throws CONFIG_INVALID for a proxy that is not an http or https URL.
 */
export function proxyFor(target: URL, env: Environment): URL | undefined {
  const setting = (name: string) => env[name.toLowerCase()] || env[name] || '';
  const own = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const text = setting(own) || setting('ALL_PROXY');
  if (text === '' || isThisComputer(target) || isExcepted(target, setting('NO_PROXY'))) return undefined;
  return parseProxy(text, own);
}

/** Reads the URL of a proxy; the scheme may be left out. Throws CONFIG_INVALID. */
export function parseProxy(text: string, source: string): URL {
  const whole = text.includes('://') ? text : `http://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url && /^https?:$/.test(url.protocol)) return url;
  throw new ColdstartError('CONFIG_INVALID', `${source} is not the URL of an HTTP proxy`, {
    because: url ? `its scheme is ${url.protocol.slice(0, -1)}` : 'it cannot be read as a URL',
    hint: 'set it to something like http://proxy.example:3128, or name the MAAS host in NO_PROXY',
  });
}

function hostOf(target: URL): string {
  return target.hostname.replace(/^\[|\]$/g, '').toLowerCase();
}

function isThisComputer(target: URL): boolean {
  const host = hostOf(target);
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function isExcepted(target: URL, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
    .some(entry => matches(target, entry.toLowerCase()));
}

function matches(target: URL, entry: string): boolean {
  if (entry === '*') return true;
  const host = hostOf(target);
  if (entry.includes('/')) return isInCidr(host, entry);
  const [, name = '', port] = /^(.*?)(?::(\d+))?$/.exec(isIP(entry) === 6 ? `[${entry}]` : entry) ?? [];
  if (port !== undefined && port !== (target.port || (target.protocol === 'https:' ? '443' : '80')))
    return false;
  const domain = name.replace(/^\*?\.|^\[|\]$/g, '');
  return host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
}
