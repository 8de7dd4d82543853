import { describe, expect, test } from 'vitest';
import { parseBody } from './body.ts';
import { ApiError } from './errors.ts';

const part = (name: string, value: string, more = '') =>
  `--B\r\nContent-Disposition: form-data; name="${name}"\r\n${more}\r\n${value}\r\n`;
const multipart = 'multipart/form-data; boundary=B';

describe('a form', () => {
  test.each([
    ['urlencoded', 'application/x-www-form-urlencoded', 'a=1&a=2&b=%C3%A4+x'],
    ['multipart', multipart, `${part('a', '1')}${part('a', '2')}${part('b', 'ä x')}--B--\r\n`],
    [
      'multipart with base64 and a quoted boundary',
      'multipart/form-data; boundary="B"',
      `${part('a', 'MQ==', 'Content-Transfer-Encoding: base64\r\n')}${part('a', '2')}${part('b', 'ä x')}--B--\r\n`,
    ],
  ])('%s', (_, contentType, text) => {
    const { form, data, isObject } = parseBody(Buffer.from(text), contentType, true);
    expect(form.all('a')).toEqual(['1', '2']);
    expect(form.one('a')).toBe('2');
    expect(form.one('b')).toBe('ä x');
    expect(data).toBe(form);
    expect(isObject).toBe(false);
  });

  test('an empty multipart is refused by versions that do so', () => {
    expect(parseBody(Buffer.from('--B--\r\n'), multipart, false).form.names()).toEqual([]);
    expect(() => parseBody(Buffer.from('--B--\r\n'), multipart, true)).toThrow(ApiError);
  });

  test('a line break at the end of a value is kept', () => {
    const { form } = parseBody(Buffer.from(`${part('a', 'x\r\n')}--B--`), multipart, true);
    expect(form.one('a')).toBe('x\r\n');
  });
});

describe('other bodies', () => {
  test.each([
    ['JSON', 'application/json', '{"name": "x", "many": ["a", "b"], "count": 3}'],
    ['YAML', 'application/x-yaml', 'name: x\nmany: [a, b]\ncount: 3\n'],
  ])('%s fills the data but not the form', (_, contentType, text) => {
    const { form, data, isObject } = parseBody(Buffer.from(text), contentType, true);
    expect(form.names()).toEqual([]);
    expect(data.one('name')).toBe('x');
    expect(data.all('many')).toEqual(['a', 'b']);
    expect(data.one('count')).toBe('3');
    expect(isObject).toBe(true);
  });

  test.each([
    ['application/json', '', 'Bad Request'],
    ['application/json', '{', 'Bad Request'],
    ['text/plain', 'x', '{}'],
  ])('%s with %j is 400', (contentType, text, words) => {
    expect(() => parseBody(Buffer.from(text), contentType, true)).toThrow(words);
  });

  test('nothing at all is an empty form', () => {
    expect(parseBody(Buffer.alloc(0), '', true).form.names()).toEqual([]);
  });
});
