import { ColdstartError } from '../../core/errors.ts';
import { run } from './run.ts';

/** Where this computer itself gets Debian from. The lab gets everything from the same places. */
export interface DebianMirrors {
  /** Repository of the releases, with a slash at the end. */
  main: string;
  /** Repository of the security updates, with a slash at the end. */
  security: string | undefined;
  /** File with the keys that sign the releases. */
  keyring: string;
  /** Every repository of this computer, Debian's or not, each with a slash at the end. */
  all: readonly string[];
  /** Proxy that apt itself uses for http, if any. */
  proxy: string | undefined;
}

/**
 * Reads the mirrors from apt's own view of its configuration.
 * @throws ColdstartError LAB_UNSUPPORTED when no Debian mirror is configured
 * @see https://manpages.debian.org/bookworm/apt/apt-get.8.en.html (indextargets)
 */
export async function readDebianMirrors(signal?: AbortSignal): Promise<DebianMirrors> {
  const targets = parseIndexTargets(await run('apt-get', ['indextargets', '--format', FORMAT], { signal }));
  const proxy = (
    await run('apt-config', ['dump', '--format', '%v%n', 'Acquire::http::Proxy'], { signal })
  ).trim();
  const mirrors = chooseMirrors(targets);
  if (!mirrors) {
    throw new ColdstartError('LAB_UNSUPPORTED', 'no Debian mirror is known to this computer', {
      because: 'apt has no source with Debian releases',
      hint: 'run apt-get update first, or use --machines simulated, which works everywhere',
    });
  }
  return { ...mirrors, proxy: proxy === '' || proxy === 'DIRECT' ? undefined : proxy };
}

const FORMAT = '$(REPO_URI)|$(RELEASE)|$(COMPONENT)|$(ORIGIN)|$(SIGNED_BY)';

export interface IndexTarget {
  uri: string;
  release: string;
  component: string;
  origin: string;
  keyring: string;
}

/** One target a line, fields as in FORMAT; a field that apt does not know keeps its `$(NAME)`. */
export function parseIndexTargets(text: string): IndexTarget[] {
  const rows = text.split('\n').filter(line => line.includes('|'));
  return rows.map(row => {
    const [uri = '', release = '', component = '', origin = '', keyring = ''] = row
      .split('|')
      .map(field => (field.startsWith('$(') ? '' : field));
    return { uri: uri.endsWith('/') ? uri : `${uri}/`, release, component, origin, keyring };
  });
}

/** The Debian ones among the targets; undefined when there is no release to take packages from. */
export function chooseMirrors(targets: readonly IndexTarget[]): Omit<DebianMirrors, 'proxy'> | undefined {
  const debian = targets.filter(t => t.component === 'main' && isDebian(t));
  const isSecurity = (t: IndexTarget) => t.release.includes('security') || t.uri.endsWith('-security/');
  const main = debian.find(t => !isSecurity(t) && !/-(updates|backports)/.test(t.release));
  if (!main) return undefined;
  return {
    main: main.uri,
    security: debian.find(isSecurity)?.uri,
    keyring: main.keyring.startsWith('/') ? main.keyring : DEBIAN_KEYRING,
    all: [...new Set(targets.map(t => t.uri))],
  };
}

export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';

// The origin is known only after `apt-get update`; before it, the keyring tells.
function isDebian(target: IndexTarget): boolean {
  return target.origin === 'Debian' || (target.origin === '' && target.keyring.includes('debian-archive'));
}
