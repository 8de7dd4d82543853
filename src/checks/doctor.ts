import type { ClusterConfig } from '../config/schema.ts';
import type { Machine } from '../maas/machine.ts';
import type { Facts } from '../plan/facts.ts';
import type { Check } from './check.ts';

/** What the doctor asks of the world. */
export interface DoctorWorld {
  config: ClusterConfig;
  /** First line of a program's version, or undefined when it is not in PATH. */
  toolVersion(program: string, args: readonly string[]): Promise<string | undefined>;
  maasVersion(): Promise<string>;
  observe(): Promise<Facts>;
  /** What the planner says keeps `up` from starting. */
  problems(): Promise<string[]>;
  /** Names such as `ubuntu/jammy`. */
  images(): Promise<string[]>;
  defaultImage(): Promise<string>;
  maasSshKeys(): Promise<number>;
}

const ok = (seen: string) => ({ state: 'ok', seen }) as const;

/** Everything that `up` stands on, in the order in which it is needed. */
export const doctorChecks: readonly Check<DoctorWorld>[] = [
  tool(
    'ansible-playbook',
    ['--version'],
    'install ansible-core 2.14 or newer (apt-get install ansible-core)',
    'failed',
  ),
  tool('ssh', ['-V'], 'install the OpenSSH client (apt-get install openssh-client)', 'failed'),
  tool(
    'kubectl',
    ['version', '--client'],
    'install kubectl to use the cluster; coldstart itself does not need it',
    'warning',
  ),
  {
    name: 'MAAS',
    async look({ maasVersion }) {
      return ok(`version ${await maasVersion()}`);
    },
  },
  {
    name: 'API key',
    needs: ['MAAS'],
    async look({ observe }) {
      return ok(`of the user ${(await observe()).user}`);
    },
  },
  tagged('control planes', config => config.machines.controlPlane.tag),
  tagged('workers', config => config.machines.workers.tag),
  {
    name: 'plan',
    needs: ['API key'],
    async look({ problems }) {
      const found = await problems();
      if (found.length === 0) return ok('nothing keeps up from starting');
      return {
        state: 'failed',
        seen: found.join('; '),
        remedy: 'coldstart plan shows it machine by machine',
      };
    },
  },
  {
    name: 'image',
    needs: ['API key'],
    async look({ config, images, defaultImage }) {
      const wanted = config.os.image ?? (await defaultImage());
      const there = await images();
      if (there.some(name => name === wanted || name.endsWith(`/${wanted}`))) return ok(wanted);
      const remedy = `import ${wanted} in MAAS, or set os.image to one of: ${there.join(', ') || '(none imported yet)'}`;
      return { state: 'failed', seen: `MAAS has no image ${wanted}`, remedy };
    },
  },
  {
    name: 'SSH keys in MAAS',
    needs: ['API key'],
    async look({ maasSshKeys }) {
      const count = await maasSshKeys();
      if (count > 0) return ok(`${count}`);
      return {
        state: 'warning',
        seen: 'none: only coldstart itself will be able to log in to the machines',
        remedy: 'add your public key to your MAAS user, or to ssh.authorizedKeys in cluster.yaml',
      };
    },
  },
];

function tool(
  program: string,
  args: readonly string[],
  remedy: string,
  missing: 'failed' | 'warning',
): Check<DoctorWorld> {
  return {
    name: program,
    async look({ toolVersion }) {
      const seen = await toolVersion(program, args);
      return seen === undefined ? { state: missing, seen: 'not in PATH', remedy } : ok(seen);
    },
  };
}

function tagged(what: string, tagOf: (config: ClusterConfig) => string): Check<DoctorWorld> {
  return {
    name: what,
    needs: ['API key'],
    async look({ config, observe }) {
      const tag = tagOf(config);
      const machines = [...(await observe()).machines.values()].filter(({ tags }) => tags.includes(tag));
      if (machines.length > 0) return ok(`${machines.length} with the tag ${tag}: ${namesOf(machines)}`);
      const remedy = `give the tag ${tag} to machines in MAAS, or set another tag in cluster.yaml`;
      return {
        state: what === 'workers' ? 'warning' : 'failed',
        seen: `no machine has the tag ${tag}`,
        remedy,
      };
    },
  };
}

function namesOf(machines: readonly Machine[]): string {
  const names = machines.map(({ hostname }) => hostname);
  return names.length <= 5
    ? names.join(', ')
    : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`;
}
