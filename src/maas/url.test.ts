import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColdstartError } from '../core/errors.ts';
import { parseMaasUrl } from './url.ts';

describe('parseMaasUrl', () => {
  it.each([
    ['http://h:5240', 'http://h:5240/MAAS'],
    ['http://h:5240/', 'http://h:5240/MAAS'],
    ['http://h:5240/MAAS', 'http://h:5240/MAAS'],
    ['http://h:5240/MAAS/', 'http://h:5240/MAAS'],
    ['http://h:5240/MAAS/api/2.0', 'http://h:5240/MAAS'],
    ['http://h:5240/MAAS/api/2.0/', 'http://h:5240/MAAS'],
    ['http://h:5240//MAAS//api/2.0/', 'http://h:5240/MAAS'],
    ['  http://h:5240/MAAS\n', 'http://h:5240/MAAS'],
    ['https://h:5443/MAAS', 'https://h:5443/MAAS'],
    ['HTTPS://Example.Org/MAAS', 'https://example.org/MAAS'],
    ['http://[fd00::1]:5240/MAAS', 'http://[fd00::1]:5240/MAAS'],
    ['https://proxy.example/lab/one/MAAS/', 'https://proxy.example/lab/one/MAAS'],
    ['https://proxy.example/lab', 'https://proxy.example/lab/MAAS'],
    ['https://proxy.example/lab/api/2.0/', 'https://proxy.example/lab/MAAS'],
    ['http://h:5240/api/2.0/', 'http://h:5240/MAAS'],
    ['http://h:5240/maas/', 'http://h:5240/MAAS'],
    ['http://h:5240/MAAS/r/machines', 'http://h:5240/MAAS'],
    ['http://h:5240/MAAS/l/dashboard?x=1#top', 'http://h:5240/MAAS'],
    ['http://h:5240/MAAS/api/1.0/', 'http://h:5240/MAAS'],
  ])('%s is %s', (text, shown) => {
    const url = parseMaasUrl(text);
    expect(url.shown).toBe(shown);
    expect(url.base.href).toBe(`${shown}/api/2.0/`);
  });

  it.each([
    ['', 'it is empty'],
    ['maas.example:5240/MAAS', 'it does not begin with http:// or https://'],
    ['172.16.16.2', 'it does not begin with http:// or https://'],
    ['ftp://h/MAAS', 'it does not begin with http:// or https://'],
    ['http://', 'cannot be read as a URL'],
    ['http://h:99999/MAAS', 'cannot be read as a URL'],
  ])('refuses %j and says what to give', (text, because) => {
    const error = caught(() => parseMaasUrl(text, 'maas.url'));
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('maas.url');
    expect(error.because).toContain(because);
    expect(error.hint).toContain('http://172.16.16.2:5240/MAAS');
  });

  it('never repeats a password', () => {
    for (const text of [
      'http://bob:hunter2@h:5240/MAAS',
      'http://bob:hunter2@h:99999/',
      'ftp://bob:hunter2@h/',
    ]) {
      const error = caught(() => parseMaasUrl(text));
      expect(`${error.message} ${error.because} ${error.hint}`).not.toContain('hunter2');
    }
  });

  it('gives the same when it reads its own answer', () => {
    const segment = fc.stringMatching(/^[a-z0-9-]{1,8}$/);
    fc.assert(
      fc.property(fc.webAuthority(), fc.array(segment, { maxLength: 3 }), (authority, prefix) => {
        fc.pre(!authority.includes('@') && URL.canParse(`http://${authority}/`));
        const once = parseMaasUrl(`http://${authority}/${prefix.join('/')}`);
        expect(parseMaasUrl(once.shown)).toEqual(once);
        expect(parseMaasUrl(once.base.href)).toEqual(once);
      }),
    );
  });
});

function caught(act: () => unknown): ColdstartError {
  try {
    act();
  } catch (error) {
    if (error instanceof ColdstartError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
