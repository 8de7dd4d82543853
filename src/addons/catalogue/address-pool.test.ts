import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkPool, type MaasSubnetUse, overlappingRanges, parseAddressRange } from './address-pool.ts';

const rack: MaasSubnetUse = {
  cidr: '192.168.10.0/24',
  managed: true,
  gateway: '192.168.10.1',
  ranges: [
    { type: 'dynamic', start: '192.168.10.100', end: '192.168.10.149', comment: '' },
    { type: 'reserved', start: '192.168.10.2', end: '192.168.10.19', comment: 'switches' },
    { type: 'reserved', start: '192.168.10.200', end: '192.168.10.220', comment: 'MetalLB' },
  ],
  taken: [{ address: '192.168.10.50', by: 'node-1' }],
};

describe('parseAddressRange', () => {
  test.each<[string, number, number]>([
    ['192.168.10.200-192.168.10.220', 3_232_238_280, 3_232_238_300],
    ['192.168.10.200 - 192.168.10.220', 3_232_238_280, 3_232_238_300],
    ['192.168.10.208/28', 3_232_238_288, 3_232_238_303],
    ['192.168.10.7', 3_232_238_087, 3_232_238_087],
  ])('%s', (text, first, last) => {
    expect(parseAddressRange(text)).toEqual({ first, last, text });
  });

  test.each([
    ['', 'must be addresses'],
    ['192.168.10', 'must be addresses'],
    ['192.168.10.1-192.168.10.2-192.168.10.3', 'must be addresses'],
    ['fd00::1', 'must be addresses'],
    ['192.168.10.9-192.168.10.1', 'ends before it begins'],
    ['192.168.10.5/28', 'did you mean 192.168.10.0/28?'],
  ])('%j is refused', (text, expected) => {
    expect(parseAddressRange(text)).toContain(expected);
  });
});

describe('checkPool', () => {
  test('a pool that is reserved for it in MAAS is good', () => {
    expect(checkPool(['192.168.10.200-192.168.10.210', '192.168.10.215'], [rack])).toEqual({
      errors: [],
      advice: [],
    });
  });

  test.each<[string, string]>([
    ['192.168.10.140-192.168.10.160', 'overlaps the dynamic range 192.168.10.100-192.168.10.149 of'],
    ['192.168.10.19', 'overlaps the reserved range 192.168.10.2-192.168.10.19 (switches) of 192.168.10.0/24'],
    ['192.168.10.0/31', 'contains 192.168.10.1, which belongs to the gateway'],
    ['192.168.10.48/28', 'contains 192.168.10.50, which belongs to node-1'],
  ])('%s is an error', (pool, expected) => {
    expect(checkPool([pool], [rack]).errors.join('\n')).toContain(expected);
  });

  test('free addresses that MAAS may give out are worth a word', () => {
    const { errors, advice } = checkPool(['192.168.10.215-192.168.10.225'], [rack]);
    expect(errors).toEqual([]);
    expect(advice).toEqual([
      'MAAS may give addresses of 192.168.10.215-192.168.10.225 to machines: reserve them in 192.168.10.0/24 with the comment "MetalLB"',
    ]);
  });

  test('where MAAS gives out nothing, nothing has to be reserved', () => {
    const { errors, advice } = checkPool(['192.168.10.230/31'], [{ ...rack, managed: false }]);
    expect([...errors, ...advice]).toEqual([]);
  });

  test('where MAAS gives out nothing but reserved ranges, no word in a comment frees them', () => {
    const { errors } = checkPool(['192.168.10.205'], [{ ...rack, managed: false }]);
    expect(errors.join('\n')).toContain(
      'overlaps the reserved range 192.168.10.200-192.168.10.220 (MetalLB)',
    );
  });

  test('a pool outside of every subnet is worth a word', () => {
    expect(checkPool(['10.9.9.0/28'], [rack]).advice.join('\n')).toContain('not inside one subnet');
    expect(checkPool(['192.168.10.250-192.168.11.5'], [rack]).advice.join('\n')).toContain('not inside');
  });

  test('an error exactly where a pool and a dynamic range share an address', () => {
    const last = fc.integer({ min: 1, max: 254 });
    fc.assert(
      fc.property(last, last, last, last, (a, b, c, d) => {
        const [from, to, start, end] = [Math.min(a, b), Math.max(a, b), Math.min(c, d), Math.max(c, d)];
        const at = (host: number) => `10.0.0.${host}`;
        const ranges = [{ type: 'dynamic' as const, start: at(start), end: at(end), comment: 'MetalLB' }];
        const subnet: MaasSubnetUse = { cidr: '10.0.0.0/24', managed: true, ranges, taken: [] };
        const { errors } = checkPool([`${at(from)}-${at(to)}`], [subnet]);
        expect(errors.length).toBe(from <= end && start <= to ? 1 : 0);
      }),
    );
  });
});

test('overlappingRanges names each pair once', () => {
  const ranges = ['10.0.0.1-10.0.0.9', '10.0.0.9', '10.0.0.10', '10.0.0.8/30'].map(parseAddressRange);
  const pairs = overlappingRanges(ranges.filter(range => typeof range !== 'string'));
  expect(pairs.map(pair => pair.map(({ text }) => text))).toEqual([
    ['10.0.0.1-10.0.0.9', '10.0.0.9'],
    ['10.0.0.1-10.0.0.9', '10.0.0.8/30'],
    ['10.0.0.9', '10.0.0.8/30'],
    ['10.0.0.10', '10.0.0.8/30'],
  ]);
});
