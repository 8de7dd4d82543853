import { join } from 'node:path';

/** Where ansible-playbook finds its parts, and how wide it works. */
export interface AnsibleSettings {
  /** The folder with ansible.cfg, playbooks/, roles/ and plugins/. */
  ansibleDir: string;
  /** A private folder (mode 0700) with a short path for the sockets of kept SSH connections. */
  controlPathDir: string;
  /** Machines worked on at the same time. */
  forks: number;
}

/**
 * Environment variables that make ansible-playbook fit for a program: one connection kept a machine, host keys always
 * checked, no questions, events on standard output. They win over the user's own.
 * https://docs.ansible.com/ansible/latest/reference_appendices/config.html
 */
export function ansibleEnvironment({
  ansibleDir,
  controlPathDir,
  forks,
}: AnsibleSettings): Record<string, string> {
  return {
    ANSIBLE_CONFIG: join(ansibleDir, 'ansible.cfg'),
    ANSIBLE_ROLES_PATH: join(ansibleDir, 'roles'),
    ANSIBLE_CALLBACK_PLUGINS: join(ansibleDir, 'plugins', 'callback'),
    ANSIBLE_STDOUT_CALLBACK: 'coldstart_events',
    ANSIBLE_INVENTORY_ENABLED: 'yaml',
    ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED: 'True',
    ANSIBLE_GATHERING: 'explicit',
    ANSIBLE_FORKS: String(forks),
    ANSIBLE_PIPELINING: 'True',
    ANSIBLE_SSH_ARGS:
      '-o ControlMaster=auto -o ControlPersist=60s -o ServerAliveInterval=10 -o ServerAliveCountMax=6 -o BatchMode=yes -o StrictHostKeyChecking=yes',
    ANSIBLE_SSH_CONTROL_PATH_DIR: controlPathDir,
    ANSIBLE_SSH_RETRIES: '2',
    ANSIBLE_TIMEOUT: '20',
    ANSIBLE_HOST_KEY_CHECKING: 'True',
    // All systems that we prepare have it there, and to look for it costs two commands a machine in every process.
    ANSIBLE_PYTHON_INTERPRETER: '/usr/bin/python3',
    ANSIBLE_COLLECTIONS_SCAN_SYS_PATH: 'False',
    ANSIBLE_RETRY_FILES_ENABLED: 'False',
    ANSIBLE_DEPRECATION_WARNINGS: 'False',
    ANSIBLE_NOCOLOR: '1',
    ANSIBLE_FORCE_COLOR: '0',
    ANSIBLE_NOCOWS: '1',
    COLDSTART_STOP_WITH_PARENT: '1',
    PYTHONUNBUFFERED: '1',
    // Ansible refuses to start without a UTF-8 locale; not every system has the user's one.
    LC_ALL: process.platform === 'linux' ? 'C.UTF-8' : 'en_US.UTF-8',
  };
}
