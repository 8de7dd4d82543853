import { describe, expect, test } from 'vitest';
import { addressIn, chooseSubnet, overlaps, parseSubnet, type Subnet } from './subnet.ts';

const subnet = (text: string) => parseSubnet(text) as Subnet;

describe('a subnet', () => {
  test.each([
    ['10.77.0.0/24', '10.77.0.0'],
    ['10.77.3.9/16', '10.77.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['0.0.0.0/0', '0.0.0.0'],
  ])('%s starts at %s', (text, first) => expect(addressIn(subnet(text), 0)).toBe(first));

  test.each(['default', '10.0.0/8', '10.0.0.300/24', '10.0.0.0/33', ''])('%j is none', text =>
    expect(parseSubnet(text)).toBeUndefined(),
  );

  test.each([
    ['10.0.0.0/8', '10.77.0.0/24', true],
    ['10.77.0.0/24', '10.0.0.0/8', true],
    ['10.77.0.0/24', '10.77.1.0/24', false],
    ['172.17.0.0/16', '10.77.0.0/24', false],
  ])('%s and %s overlap: %s', (a, b, expected) => expect(overlaps(subnet(a), subnet(b))).toBe(expected));
});

describe('the choice of a subnet', () => {
  test('takes the first when nothing is in use', () =>
    expect(addressIn(chooseSubnet([]) as Subnet, 1)).toBe('10.77.0.1'));
  test('avoids what is in use', () => {
    const chosen = chooseSubnet([subnet('10.0.0.0/8')]) as Subnet;
    expect(addressIn(chosen, 0)).toBe('172.29.0.0');
  });
  test('ignores no overlap: finds none when everything is in use', () =>
    expect(chooseSubnet([subnet('0.0.0.0/0')])).toBeUndefined());
});
