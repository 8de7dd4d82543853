import { expect, test } from 'vitest';
import { outsideUrl } from './dashboards.ts';

const balanced = (...ingress: { ip?: string; hostname?: string }[]) => ({ loadBalancer: { ingress } });

test.each([
  ['an address of the load balancer', 80, balanced({ ip: '10.0.0.9' }), undefined, 'http://10.0.0.9'],
  ['a name of it', 443, balanced({ hostname: 'lb.example.org' }), 30_443, 'https://lb.example.org'],
  ['a port that is not the usual one', 3000, balanced({ ip: '10.0.0.9' }), 30_000, 'http://10.0.0.9:3000'],
  ['no address yet', 80, balanced(), 30_080, 'http://10.0.0.1:30080'],
  ['HTTPS on a node', 443, undefined, 30_443, 'https://10.0.0.1:30443'],
  ['nothing outside', 80, undefined, undefined, undefined],
])('%s', (_case, port, status, nodePort, url) => {
  const ports = [{ port, ...(nodePort === undefined ? {} : { nodePort }) }];
  expect(outsideUrl({ spec: { ports }, ...(status && { status }) }, port, '10.0.0.1')).toBe(url);
});
