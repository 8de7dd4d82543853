/** How to reach a machine by OpenSSH. */
export interface SshAccess {
  address: string;
  user: string;
  /** Keys to log in with, in this order: our own, then the operator's. The agent's are tried too. */
  privateKeyFiles: readonly string[];
  knownHostsFile: string;
  /** The name under which known_hosts has the machine's key; undefined: the operator's own known_hosts decides. */
  hostKeyAlias: string | undefined;
  /** Folder for kept connections, mode 0700; its path must be short (a socket's path has at most 107 bytes). None are kept without it. */
  controlDir: string | undefined;
}

/** Options of ssh(1) that hold for every connection: never a question, host keys always checked. */
export function sshOptions(access: Omit<SshAccess, 'address' | 'user'>): string[] {
  return [
    ...identityOptions(access),
    ...keyOptions(access.privateKeyFiles),
    ...options({
      BatchMode: 'yes',
      ConnectTimeout: '5',
      // A machine that is gone, or has another address now, must not hold those who use a kept connection.
      ServerAliveInterval: '10',
      ServerAliveCountMax: '6',
      ...keptConnection(access.controlDir),
      LogLevel: 'ERROR',
    }),
  ];
}

function keptConnection(folder: string | undefined): Record<string, string> {
  if (folder === undefined) return { ControlMaster: 'no', ControlPath: 'none' };
  return { ControlMaster: 'auto', ControlPersist: '60s', ControlPath: `${folder}/%C` };
}

/** The options that decide whether the machine is the one that we mean. */
export function identityOptions({
  knownHostsFile,
  hostKeyAlias,
}: Pick<SshAccess, 'knownHostsFile' | 'hostKeyAlias'>): string[] {
  if (hostKeyAlias === undefined) return options({ StrictHostKeyChecking: 'yes' });
  return options({
    StrictHostKeyChecking: 'yes',
    // ssh splits this value at spaces, like a line of its configuration.
    UserKnownHostsFile: /\s/.test(knownHostsFile) ? `"${knownHostsFile}"` : knownHostsFile,
    GlobalKnownHostsFile: '/dev/null',
    HostKeyAlias: hostKeyAlias,
    HostKeyAlgorithms: 'ssh-ed25519',
  });
}

/** ssh leaves its default keys out as soon as one is named, so all are named. A file that is not there is no error. */
export function keyOptions(files: readonly string[]): string[] {
  return files.flatMap(file => options({ IdentityFile: /\s/.test(file) ? `"${file}"` : file }));
}

/** Our own key, and the one of cluster.yaml or those that ssh itself would try. */
export function loginKeys(ownKeyFile: string, configured: string | undefined): string[] {
  const operators =
    configured === undefined
      ? ['id_ed25519', 'id_ecdsa', 'id_rsa'].map(name => `~/.ssh/${name}`)
      : [configured];
  return [ownKeyFile, ...operators];
}

function options(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
