import { expect, test } from 'vitest';
import { upstreamOf } from './apt-proxy.ts';

const mirrors = ['http://mirror.example/debian/', 'https://safe.example/debian-security/'];

test.each([
  ['http://mirror.example/debian/pool/main/a.deb', 'http://mirror.example/debian/pool/main/a.deb'],
  ['http://safe.example/debian-security/dists/x', 'https://safe.example/debian-security/dists/x'],
  ['http://mirror.example/debian/../secret', undefined],
  ['http://mirror.example/debian/%2e%2e/secret', undefined],
  ['http://mirror.example:81/debian/x', undefined],
  ['http://other.example/debian/x', undefined],
  ['http://mirror.example@other.example/debian/x', undefined],
  ['/debian/x', undefined],
])('%s is fetched from %s', (requested, expected) => expect(upstreamOf(requested, mirrors)).toBe(expected));
