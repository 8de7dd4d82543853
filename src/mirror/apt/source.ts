/** One line of apt's sources. */
export interface AptSource {
  /** Ends with a slash. */
  url: string;
  /** `bookworm`, or `/` for a flat repository. */
  suite: string;
  /** None for a flat repository. */
  components: readonly string[];
  /** File with the keys that sign it: on this computer, and at the same path on the machines. */
  keyring: string;
}

/**
 * Where the packages of an operating system come from, for an image of MAAS such as `ubuntu/jammy` or `bookworm`.
 * Undefined for images that say nothing about it.
 */
export function distributionSources(image: string, architecture: string): AptSource[] | undefined {
  const [system, suite] = image.includes('/') ? image.split('/') : [undefined, image];
  const row = distributions.find(({ name, suites }) =>
    system === undefined ? suites.includes(suite ?? '') : name === system && suite !== undefined,
  );
  if (!row || suite === undefined) return undefined;
  return row.sources(suite, architecture).map(source => ({ ...source, keyring: row.keyring }));
}

interface Distribution {
  name: string;
  /** Those that are known by their name alone. */
  suites: readonly string[];
  keyring: string;
  sources(suite: string, architecture: string): Omit<AptSource, 'keyring'>[];
}

const distributions: readonly Distribution[] = [
  {
    // https://wiki.debian.org/SourcesList
    name: 'debian',
    suites: ['bullseye', 'bookworm', 'trixie', 'forky'],
    keyring: '/usr/share/keyrings/debian-archive-keyring.gpg',
    sources: suite => [
      { url: 'http://deb.debian.org/debian/', suite, components: ['main'] },
      { url: 'http://deb.debian.org/debian/', suite: `${suite}-updates`, components: ['main'] },
      { url: 'http://deb.debian.org/debian-security/', suite: `${suite}-security`, components: ['main'] },
    ],
  },
  {
    // https://documentation.ubuntu.com/server/explanation/software/package-management/ ; ports has all but amd64.
    name: 'ubuntu',
    suites: ['focal', 'jammy', 'noble', 'questing', 'resolute'],
    keyring: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
    sources: (suite, architecture) =>
      [suite, `${suite}-updates`, `${suite}-security`].map(each => ({
        url:
          architecture === 'amd64'
            ? 'http://archive.ubuntu.com/ubuntu/'
            : 'http://ports.ubuntu.com/ubuntu-ports/',
        suite: each,
        components: ['main', 'universe'],
      })),
  },
];

/** The folder of a source's `Release`, with a slash at the end. */
export function releaseFolder({ url, suite }: AptSource): string {
  return suite === '/' ? url : `${url}dists/${suite}/`;
}
