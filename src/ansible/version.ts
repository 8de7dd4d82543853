import { execa } from 'execa';
import { ColdstartError } from '../core/errors.ts';

const oldest = { major: 2, minor: 14 };
const howToInstall =
  'install ansible-core 2.14 or newer: apt-get install ansible-core, brew install ansible, or pipx install ansible-core';

/** The version of an ansible-core, as in `ansible-playbook [core 2.19.1]`. */
export interface AnsibleVersion {
  text: string;
  major: number;
  minor: number;
}

const asked = new Map<string, Promise<AnsibleVersion>>();

/**
 * The version of the ansible-playbook in PATH; asked once for each PATH, since the answer takes half a second.
 * @throws ColdstartError ANSIBLE_MISSING when there is none, or one older than 2.14
 */
export function requireAnsible(path: string = process.env['PATH'] ?? ''): Promise<AnsibleVersion> {
  const known = asked.get(path);
  if (known !== undefined) return known;
  const answer = ask(path);
  asked.set(path, answer);
  answer.catch(() => asked.delete(path));
  return answer;
}

async function ask(path: string): Promise<AnsibleVersion> {
  const env = { PATH: path, LC_ALL: 'C.UTF-8' };
  const result = await execa('ansible-playbook', ['--version'], { env, reject: false, stdin: 'ignore' });
  if (result.failed) {
    const missing = result.code === 'ENOENT';
    throw new ColdstartError(
      'ANSIBLE_MISSING',
      missing ? 'ansible-playbook is not in PATH' : 'ansible-playbook does not run',
      {
        ...(missing ? {} : { because: result.stderr.trim().split('\n').at(-1) ?? result.shortMessage ?? '' }),
        hint: howToInstall,
      },
    );
  }
  return checked(parseVersion(result.stdout));
}

/** Reads the first line of `ansible-playbook --version`: `ansible-playbook [core 2.14.18]`. */
export function parseVersion(output: string): AnsibleVersion {
  const [, text, major, minor] = /\[core ((\d+)\.(\d+)[^\]]*)\]/.exec(output) ?? [];
  if (text === undefined) {
    const because = `it says: ${output.split('\n', 1)[0] ?? ''}`;
    throw new ColdstartError('ANSIBLE_MISSING', 'ansible-playbook is not of ansible-core', {
      because,
      hint: howToInstall,
    });
  }
  return { text, major: Number(major), minor: Number(minor) };
}

function checked(version: AnsibleVersion): AnsibleVersion {
  if (version.major > oldest.major || (version.major === oldest.major && version.minor >= oldest.minor))
    return version;
  throw new ColdstartError('ANSIBLE_MISSING', `ansible-core ${version.text} is too old`, {
    hint: howToInstall,
  });
}
