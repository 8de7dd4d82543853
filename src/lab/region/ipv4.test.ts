import { expect, test } from 'vitest';
import { ipv4Text } from '../../core/ipv4.ts';
import { addressNumber, cidrBounds } from './ipv4.ts';

test('what is no address is refused', () => {
  expect(() => addressNumber('10.0.0')).toThrow(RangeError);
});

test.each([
  ['10.30.0.0/24', '10.30.0.1', '10.30.0.254'],
  ['10.30.0.77/24', '10.30.0.1', '10.30.0.254'],
  ['10.99.0.0/16', '10.99.0.1', '10.99.255.254'],
  ['10.0.0.4/31', '10.0.0.4', '10.0.0.5'],
])('%s holds %s to %s', (cidr, first, last) => {
  const bounds = cidrBounds(cidr);
  expect(bounds && [ipv4Text(bounds.first), ipv4Text(bounds.last)]).toEqual([first, last]);
});

test.each(['bogus', '10.0.0.0', '10.0.0.0/33', '10.0.0.300/24'])('%s is no network', cidr => {
  expect(cidrBounds(cidr)).toBeUndefined();
});
