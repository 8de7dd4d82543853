import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generatedDocuments } from '../scripts/documents.ts';

test.each(Object.entries(generatedDocuments()))(
  'docs/%s is what the code says: run npm run docs when it is not',
  async (name, text) => {
    const file = new URL(`../docs/${name}`, import.meta.url);
    expect(await readFile(file, 'utf8')).toBe(text);
  },
);

test('no setting and no section is without a meaning', () => {
  const { 'configuration.md': page = '' } = generatedDocuments();
  expect(page.split('\n').filter(line => line.startsWith('|') && /\|\s*\|$/.test(line))).toEqual([]);
});
