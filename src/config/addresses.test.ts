import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isIpAddress, parseIpv4Subnet, subnetContains } from './addresses.ts';

describe('parseIpv4Subnet', () => {
  test.each([
    ['10.244.0.0/16', { first: 0x0af40000, prefix: 16 }],
    ['0.0.0.0/0', { first: 0, prefix: 0 }],
    ['255.255.255.255/32', { first: 0xffffffff, prefix: 32 }],
    ['10.244.1.0/16', 'is not the first address of a network: did you mean 10.244.0.0/16?'],
    ['fd00::/64', 'must be an IPv4 network: IPv6 is not supported yet'],
  ])('%s', (text, expected) => {
    expect(parseIpv4Subnet(text)).toEqual(expected);
  });

  test.each([
    '',
    '10.244.0.0',
    '10.244/16',
    '010.0.0.0/8',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '0xa/8',
    'x/16',
  ])('%j is not a network', text => {
    expect(parseIpv4Subnet(text)).toBe('must be a network such as 10.244.0.0/16');
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string(), text => void parseIpv4Subnet(text)));
  });
});

test.each([
  ['10.0.0.1', true],
  ['fd00::1', true],
  ['10.1', false],
  ['010.0.0.1', false],
  ['host', false],
])('%s is an IP address: %s', (text, expected) => {
  expect(isIpAddress(text)).toBe(expected);
});

test('a network contains its addresses, and no names', () => {
  const subnet = { first: 0x0a000000, prefix: 8 };
  expect(subnetContains(subnet, '10.255.0.1')).toBe(true);
  expect(subnetContains(subnet, '11.0.0.1')).toBe(false);
  expect(subnetContains(subnet, 'ten')).toBe(false);
});
