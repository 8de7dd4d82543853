import type { Machine } from '../maas/machine.ts';

/** How Ansible reaches the machines over OpenSSH. */
export interface SshAccess {
  userOf(machine: Machine): string;
  /** By default the operator's agent and configuration decide. */
  privateKeyFile?: string | undefined;
  /** Options of ssh that decide whether a machine is the one that we mean; none: the operator's known_hosts decides. */
  identityOptions?: (machine: Machine) => readonly string[];
  /** More arguments for ssh, one word each. */
  extraArgs?: readonly string[];
}

/** Ansible's variables for the connection: https://docs.ansible.com/ansible/latest/collections/ansible/builtin/ssh_connection.html */
export function sshVariables(machine: Machine, address: string, ssh: SshAccess): Record<string, string> {
  const args = [...(ssh.identityOptions?.(machine) ?? []), ...(ssh.extraArgs ?? [])];
  return {
    ansible_host: address,
    ansible_user: ssh.userOf(machine),
    ...(ssh.privateKeyFile === undefined ? {} : { ansible_ssh_private_key_file: ssh.privateKeyFile }),
    ...(args.length === 0 ? {} : { ansible_ssh_common_args: args.map(quoted).join(' ') }),
  };
}

/** Ansible splits the line as a POSIX shell does. */
function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;
}
