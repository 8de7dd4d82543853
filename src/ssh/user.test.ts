import { expect, test } from 'vitest';
import { sshUser } from './user.ts';

test.each<[string | undefined, string | undefined, string | undefined, string]>([
  ['carol', 'debian/bookworm', 'debian', 'carol'],
  [undefined, undefined, 'debian', 'debian'],
  [undefined, 'debian/bookworm', undefined, 'debian'],
  [undefined, 'debian/bookworm', 'ubuntu', 'ubuntu'],
  [undefined, undefined, 'custom', 'ubuntu'],
  [undefined, undefined, undefined, 'ubuntu'],
])('ssh.user %s, os.image %s, %s deployed: %s logs in', (user, image, system, expected) => {
  const config = { ssh: { user, authorizedKeys: [] }, os: { image } };
  expect(sshUser(config, { os: system === undefined ? undefined : { system, series: 'x' } })).toBe(expected);
});
