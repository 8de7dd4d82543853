import fc from 'fast-check';
import { expect, test } from 'vitest';
import { addressNumber, addressText, cidrBounds } from './ipv4.ts';

test('an address is the same after a round trip', () => {
  fc.assert(
    fc.property(fc.ipV4(), address => {
      expect(addressText(addressNumber(address))).toBe(address);
    }),
  );
});

test.each(['10.0.0', '10.0.0.256', '10.0.0.-1', 'x.0.0.1', '10.0.0.1.2'])('%s is no address', text => {
  expect(() => addressNumber(text)).toThrow(RangeError);
});

test.each([
  ['10.30.0.0/24', '10.30.0.1', '10.30.0.254'],
  ['10.30.0.77/24', '10.30.0.1', '10.30.0.254'],
  ['10.99.0.0/16', '10.99.0.1', '10.99.255.254'],
  ['10.0.0.4/31', '10.0.0.4', '10.0.0.5'],
])('%s holds %s to %s', (cidr, first, last) => {
  const bounds = cidrBounds(cidr);
  expect(bounds && [addressText(bounds.first), addressText(bounds.last)]).toEqual([first, last]);
});

test.each(['bogus', '10.0.0.0', '10.0.0.0/33', '10.0.0.300/24'])('%s is no network', cidr => {
  expect(cidrBounds(cidr)).toBeUndefined();
});
