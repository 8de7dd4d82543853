import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ipv4Network, ipv4Number, ipv4Overlap, ipv4Size, ipv4Text } from './ipv4.ts';

test('an address is the same after a round trip', () => {
  fc.assert(
    fc.property(fc.ipV4(), address => {
      expect(ipv4Text(ipv4Number(address) ?? Number.NaN)).toBe(address);
    }),
  );
});

test.each(['10.0.0', '10.0.0.256', '10.0.0.-1', 'x.0.0.1', '10.0.0.1.2', '010.0.0.1', '0xa.0.0.1', ''])(
  '%j is no address',
  text => expect(ipv4Number(text)).toBeUndefined(),
);

test.each([
  ['10.77.0.0/24', '10.77.0.0', 256],
  ['10.77.3.9/16', '10.77.0.0', 65_536],
  ['255.255.255.255', '255.255.255.255', 1],
  ['0.0.0.0/0', '0.0.0.0', 2 ** 32],
])('the network %s starts at %s and has %i addresses', (text, first, size) => {
  const network = ipv4Network(text);
  expect(network && [ipv4Text(network.first), ipv4Size(network)]).toEqual([first, size]);
});

test.each([
  'default',
  '10.0.0/8',
  '10.0.0.300/24',
  '10.0.0.0/33',
  '10.0.0.0/-1',
  '10.0.0.0/8/8',
  '10.0.0.0/',
  '',
])('%j is no network', text => expect(ipv4Network(text)).toBeUndefined());

test('networks overlap when they share an address, both ways', () => {
  const anyNetwork = fc
    .tuple(fc.nat(0xffffffff), fc.nat(32))
    .map(([address, prefix]) => ({ first: address - (address % 2 ** (32 - prefix)), prefix }));
  fc.assert(
    fc.property(anyNetwork, anyNetwork, (a, b) => {
      const [small, large] = a.prefix > b.prefix ? [a, b] : [b, a];
      const share = small.first >= large.first && small.first < large.first + ipv4Size(large);
      expect([ipv4Overlap(a, b), ipv4Overlap(b, a)]).toEqual([share, share]);
    }),
  );
});
