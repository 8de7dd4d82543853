import { expect, test } from 'vitest';
import { type Ipv4Network, ipv4Network, ipv4Text } from '../../core/ipv4.ts';
import { chooseSubnet } from './subnet.ts';

const network = (text: string) => ipv4Network(text) as Ipv4Network;

test.each([
  ['the first when nothing is in use', [], '10.77.0.0'],
  ['another than what is in use', ['10.0.0.0/8'], '172.29.0.0'],
])('takes %s', (_, used, expected) => {
  expect(ipv4Text(chooseSubnet(used.map(network))?.first ?? Number.NaN)).toBe(expected);
});

test('finds none when everything is in use', () => {
  expect(chooseSubnet([network('0.0.0.0/0')])).toBeUndefined();
});
