import type { CloudInitStage } from '../journal/events.ts';

/**
 * The stage that a report of cloud-init is of, as MAAS keeps it; undefined for anything else. MAAS drops the name of what
 * begins and keeps the words, so modules tell their stage; those that moved from one to another do not:
 * https://github.com/canonical/cloud-init/blob/main/config/cloud.cfg.tmpl
 */
export function cloudInitStageOf(description: string): CloudInitStage | undefined {
  const [, text] = /^'cloud-?init' (.+)$/.exec(description) ?? [];
  if (text === undefined) return undefined;
  const module = /^running config-(\S+) with frequency/.exec(text)?.[1]?.replaceAll('_', '-');
  if (module === undefined) return text.startsWith('attempting to read from cache') ? 'network' : undefined;
  if (ofConfig.includes(module)) return 'config';
  return ofFinal.includes(module) ? 'final' : undefined;
}

const ofConfig: readonly string[] = [
  'wireguard',
  'snap',
  'ssh-import-id',
  'keyboard',
  'locale',
  'grub-dpkg',
  'apt-pipelining',
  'apt-configure',
  'ubuntu-advantage',
  'ubuntu-pro',
  'ntp',
  'timezone',
  'disable-ec2-metadata',
  'runcmd',
  'byobu',
];

const ofFinal: readonly string[] = [
  'package-update-upgrade-install',
  'fan',
  'landscape',
  'lxd',
  'ubuntu-drivers',
  'write-files-deferred',
  'puppet',
  'chef',
  'ansible',
  'mcollective',
  'salt-minion',
  'reset-rmc',
  'rightscale-userdata',
  'scripts-vendor',
  'scripts-per-once',
  'scripts-per-boot',
  'scripts-per-instance',
  'scripts-user',
  'ssh-authkey-fingerprints',
  'keys-to-console',
  'install-hotplug',
  'phone-home',
  'final-message',
  'power-state-change',
];
