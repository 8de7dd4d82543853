import { describe, expect, test } from 'vitest';
import { chooseMirrors, DEBIAN_KEYRING, parseIndexTargets } from './apt-mirrors.ts';

const row = (...fields: string[]) => fields.join('|');

describe("the computer's mirrors", () => {
  test('are the main release and its security updates', () => {
    const text = [
      row('http://m.example/debian', 'bookworm', 'main', 'Debian', '/k.gpg'),
      row('http://m.example/debian', 'bookworm-updates', 'main', 'Debian', '/k.gpg'),
      row('http://m.example/debian-security', 'bookworm-security', 'main', 'Debian', '/k.gpg'),
      row('https://other.example/', 'stable', 'main', 'Other', '$(SIGNED_BY)'),
    ].join('\n');
    expect(chooseMirrors(parseIndexTargets(text))).toEqual({
      main: 'http://m.example/debian/',
      security: 'http://m.example/debian-security/',
      keyring: '/k.gpg',
      all: ['http://m.example/debian/', 'http://m.example/debian-security/', 'https://other.example/'],
    });
  });

  test('are known by their keyring before the lists were ever fetched', () => {
    const text = row(
      'http://m.example/debian',
      'trixie',
      'main',
      '$(ORIGIN)',
      '/usr/share/keyrings/debian-archive-keyring.pgp',
    );
    expect(chooseMirrors(parseIndexTargets(text))?.main).toBe('http://m.example/debian/');
  });

  test('have a usual keyring where apt names none', () => {
    const text = row('http://m.example/debian', 'bookworm', 'main', 'Debian', '$(SIGNED_BY)');
    expect(chooseMirrors(parseIndexTargets(text))?.keyring).toBe(DEBIAN_KEYRING);
  });

  test.each(['', row('http://u.example/ubuntu', 'noble', 'main', 'Ubuntu', '')])(
    '%j has none of Debian',
    text => expect(chooseMirrors(parseIndexTargets(text))).toBeUndefined(),
  );
});
