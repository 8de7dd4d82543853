import type { Machine } from '../maas/machine.ts';

/** How Ansible reaches the machines over OpenSSH. */
export interface SshAccess {
  user: string;
  /** By default the operator's agent and configuration decide. */
  privateKeyFile?: string | undefined;
  /** File with the host keys of the cluster's machines. With it, only it is believed. */
  knownHostsFile?: string | undefined;
  /** The name of a machine in that file, by default its host name: addresses are given to other machines again. */
  hostKeyAlias?: (machine: Machine) => string;
  /** More arguments for ssh, one word each. */
  extraArgs?: readonly string[];
}

/** Ansible's variables for the connection: https://docs.ansible.com/ansible/latest/collections/ansible/builtin/ssh_connection.html */
export function sshVariables(machine: Machine, address: string, ssh: SshAccess): Record<string, string> {
  const args = [...hostKeyOptions(machine, ssh), ...(ssh.extraArgs ?? [])];
  return {
    ansible_host: address,
    ansible_user: ssh.user,
    ...(ssh.privateKeyFile === undefined ? {} : { ansible_ssh_private_key_file: ssh.privateKeyFile }),
    ...(args.length === 0 ? {} : { ansible_ssh_common_args: args.map(quoted).join(' ') }),
  };
}

function hostKeyOptions(machine: Machine, { knownHostsFile, hostKeyAlias }: SshAccess): string[] {
  if (knownHostsFile === undefined) return [];
  const options = {
    // ssh splits this value at spaces, like a line of its configuration.
    UserKnownHostsFile: /\s/.test(knownHostsFile) ? `"${knownHostsFile}"` : knownHostsFile,
    GlobalKnownHostsFile: '/dev/null',
    HostKeyAlias: hostKeyAlias?.(machine) ?? machine.hostname,
    StrictHostKeyChecking: 'yes',
  };
  return Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
}

/** Ansible splits the line as a POSIX shell does. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
