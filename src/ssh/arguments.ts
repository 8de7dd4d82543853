/** How to reach a machine by OpenSSH. */
export interface SshAccess {
  address: string;
  user: string;
  /** Our own key, or the one named in cluster.yaml; the operator's agent and default keys are tried too. */
  privateKeyFile: string;
  knownHostsFile: string;
  /** The name under which known_hosts has the machine's key; undefined: the operator's own known_hosts decides. */
  hostKeyAlias: string | undefined;
  /** Folder for kept connections, mode 0700; its path must be short (a socket's path has at most 107 bytes). */
  controlDir: string;
}

/** Options of ssh(1) that hold for every connection: never a question, host keys always checked, connections kept. */
export function sshOptions(access: Omit<SshAccess, 'address' | 'user'>): string[] {
  return [
    ...identityOptions(access),
    ...options({
      BatchMode: 'yes',
      ConnectTimeout: '5',
      ControlMaster: 'auto',
      ControlPersist: '60s',
      ControlPath: `${access.controlDir}/%C`,
      LogLevel: 'ERROR',
    }),
    '-i',
    access.privateKeyFile,
  ];
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

function options(values: Record<string, string>): string[] {
  return Object.entries(values).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}
