import { execFileSync } from 'node:child_process';
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { expect, test } from 'vitest';
import { newClientRequest } from './client-request.ts';

const openssl = (args: string[], input: string) => execFileSync('openssl', args, { input, encoding: 'utf8' });

test('openssl reads the request, and its signature holds', () => {
  const { key, requestPem } = newClientRequest({ user: 'ada@example.org', groups: ['crew', 'a:b c'] });
  const said = openssl(['req', '-noout', '-verify', '-subject', '-nameopt', 'multiline'], requestPem);
  expect(said.match(/(?:organizationName|commonName) += .*/g)?.map(line => line.split('= ')[1])).toEqual([
    'crew',
    'a:b c',
    'ada@example.org',
  ]);
  const ours = createPublicKey(createPrivateKey(key.reveal())).export({ type: 'spki', format: 'pem' });
  expect(openssl(['req', '-noout', '-pubkey'], requestPem)).toBe(ours);
});

test('every request has a key of its own', () => {
  const subject = { user: 'ada', groups: [] };
  expect(newClientRequest(subject).key.reveal()).not.toBe(newClientRequest(subject).key.reveal());
});
