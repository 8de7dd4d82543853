import { describe, expect, it } from 'vitest';
import { parseProxy, proxyFor } from './proxy.ts';

describe('proxyFor', () => {
  const env = { HTTP_PROXY: 'http://p:3128', HTTPS_PROXY: 's:3129' };

  it.each([
    ['http://maas.example:5240/', env, 'http://p:3128/'],
    ['https://maas.example:5443/', env, 'http://s:3129/'],
    ['http://maas.example/', { ...env, http_proxy: 'http://lower:1' }, 'http://lower:1/'],
    ['http://maas.example/', { ALL_PROXY: 'http://all:1' }, 'http://all:1/'],
    ['http://maas.example/', {}, undefined],
    ['http://maas.example/', { HTTP_PROXY: '' }, undefined],
    ['http://localhost:5240/', env, undefined],
    ['http://127.0.0.5:5240/', env, undefined],
    ['http://[::1]:5240/', env, undefined],
  ])('%s with %j is %s', (target, environment, proxy) => {
    expect(proxyFor(new URL(target), environment)?.href).toBe(proxy);
  });

  it.each([
    ['*', true],
    ['maas.example', true],
    ['MAAS.example', true],
    ['example', true],
    ['.example', true],
    ['*.example', true],
    ['aas.example', false],
    ['other, maas.example:5240', true],
    ['maas.example:5241', false],
    ['10.0.0.0/8', false],
    ['', false],
  ])('a host name with NO_PROXY=%s goes direct: %s', (list, direct) => {
    const target = new URL('http://maas.example:5240/');
    expect(proxyFor(target, { ...env, NO_PROXY: list }) === undefined).toBe(direct);
  });

  it.each([
    ['http://10.77.0.1:5240/', '10.0.0.0/8', true],
    ['http://10.77.0.1:5240/', '10.77.0.1', true],
    ['http://10.77.0.1:5240/', '10.77.0.1:80', false],
    ['http://10.77.0.1:5240/', '7.0.1', false],
    ['http://10.77.0.1:5240/', '192.168.0.0/16', false],
    ['http://[fd00::1]:5240/', 'fd00::/8', true],
    ['http://[fd00::1]:5240/', 'fd00::1', true],
  ])('%s with NO_PROXY=%s goes direct: %s', (target, list, direct) => {
    expect(proxyFor(new URL(target), { ...env, no_proxy: list }) === undefined).toBe(direct);
  });

  it.each(['socks5://p:1080', 'http://', 'http://a b'])('refuses %s, and never shows it', text => {
    expect(() => parseProxy(text, 'HTTP_PROXY')).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });
});
