import { expect, test } from 'vitest';
import { openListener, type WireGateway } from './verify-way-in.ts';

type Listener = WireGateway['spec']['listeners'][number];

const open: Listener = {
  name: 'http',
  port: 80,
  protocol: 'HTTP',
  allowedRoutes: { namespaces: { from: 'All' } },
};

test.each<[string, Partial<Listener>, boolean]>([
  ['plain HTTP for everybody', {}, true],
  ['HTTPS, whose certificate is for other names', { protocol: 'HTTPS' }, false],
  ['one name alone', { hostname: 'wiki.example.org' }, false],
  ['routes of its own namespace', { allowedRoutes: { namespaces: { from: 'Same' } } }, false],
  ['nothing said, which means the same', { allowedRoutes: {} }, false],
])('a listener with %s', (_case, change, isOpen) => {
  const gateway = {
    metadata: { name: 'site', namespace: 'gw' },
    spec: { listeners: [{ ...open, ...change }] },
  };
  expect(openListener(gateway) !== undefined).toBe(isOpen);
});
