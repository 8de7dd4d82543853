import { describe, expect, test } from 'vitest';
import { closureOf } from './closure.ts';
import { indexFilesOf, packagesOf } from './control.ts';

const hex = 'a'.repeat(64);
const stanza = (name: string, version: string, more = '') =>
  `Package: ${name}\nVersion: ${version}\n${more}Filename: ./pool/${name}_${version}_amd64.deb\nSize: 7\nSHA256: ${hex}\n`;
const shelf = (...stanzas: string[]) => packagesOf(stanzas.join('\n'), 'http://m.example/debian/');
const chosen = (wanted: string[], ...stanzas: string[]) =>
  closureOf(wanted, shelf(...stanzas)).packages.map(({ name, version }) => `${name} ${version}`);

describe('what a package needs', () => {
  test('is taken with it, in the newest version of all lists', () => {
    const a = stanza('a', '1', 'Pre-Depends: c\nDepends: b (>= 1), d:any [amd64]\n');
    const rest = ['b', 'c', 'd'].map(name => stanza(name, '1'));
    expect(chosen(['a'], a, ...rest, stanza('b', '1.10'), stanza('b', '1.9'))).toEqual([
      'a 1',
      'b 1.10',
      'c 1',
      'd 1',
    ]);
  });

  test('of alternatives, the first that exists; a name that another stands for', () => {
    const a = stanza('a', '1', 'Depends: gone | b | c, awk\n');
    expect(
      chosen(['a'], a, stanza('b', '1'), stanza('c', '1'), stanza('mawk', '1', 'Provides: awk (= 1)\n')),
    ).toEqual(['a 1', 'b 1', 'mawk 1']);
  });

  test('ends where packages need each other', () => {
    expect(chosen(['a'], stanza('a', '1', 'Depends: b\n'), stanza('b', '1', 'Depends: a\n'))).toEqual([
      'a 1',
      'b 1',
    ]);
  });

  test('keeps to the version that was asked for', () => {
    const all = ['1.36.1-1.1', '1.36.2-1.1', '1.37.0-1.1'].map(version => stanza('kubeadm', version));
    expect(chosen(['kubeadm=1.36.*'], ...all)).toEqual(['kubeadm 1.36.2-1.1']);
    expect(closureOf(['kubeadm=1.35.*'], shelf(...all)).missing).toEqual([
      { name: 'kubeadm=1.35.*', neededBy: 'cluster.yaml' },
    ]);
  });

  test('what nobody has is named with who needs it', () => {
    expect(closureOf(['a'], shelf(stanza('a', '1', 'Depends: b | c\n'))).missing).toEqual([
      { name: 'b | c', neededBy: 'a' },
    ]);
  });
});

test('a package has its address below the repository', () =>
  expect(shelf(stanza('a', '1'))).toMatchObject([
    { url: 'http://m.example/debian/pool/a_1_amd64.deb', digest: `sha256:${hex}`, sizeBytes: 7 },
  ]));

test('of a Release, the files with SHA-256 are read', () => {
  const text = `Origin: x\nMD5Sum:\n 00 1 main/Packages\nSHA256:\n ${hex}  12 main/Packages.gz\n ${hex} 3 ./Packages\n`;
  expect(indexFilesOf(text)).toEqual([
    { path: 'main/Packages.gz', digest: `sha256:${hex}`, sizeBytes: 12 },
    { path: 'Packages', digest: `sha256:${hex}`, sizeBytes: 3 },
  ]);
});
