import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse, parseDocument, stringify } from 'yaml';
import { ColdstartError } from '../core/errors.ts';
import { parseKubeconfig, renameForCluster } from './kubeconfig.ts';
import { mergeKubeconfig, removeFromKubeconfig } from './kubeconfig-merge.ts';

const adminConf = stringify({
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [
    {
      name: 'kubernetes',
      cluster: { 'certificate-authority-data': 'Q0E=', server: 'https://10.0.0.5:6443' },
    },
  ],
  contexts: [
    { name: 'kubernetes-admin@kubernetes', context: { cluster: 'kubernetes', user: 'kubernetes-admin' } },
  ],
  users: [
    { name: 'kubernetes-admin', user: { 'client-certificate-data': 'Q0VSVA==', 'client-key-data': 'S0VZ' } },
  ],
  'current-context': 'kubernetes-admin@kubernetes',
});

const handWritten = `# my clusters
apiVersion: v1
kind: Config
preferences: {}   # nothing
clusters:
- name: work     # do not touch
  cluster:
    server: "https://work.example.org"
# between
- {name: home, cluster: {server: 'https://home.example.org'}}

contexts:
    - context: &shared
        cluster: work
        user: me
      name: work
    - name: alias
      context: *shared
users:
- name: me
  user:
    exec:
      command: token
      args: [ "a",   'b' ]
      installHint: |
        install it

        please
current-context: work
# the end
`;

describe('mergeKubeconfig', () => {
  test('puts our three entries behind those that are there, and nothing else', () => {
    const merged = mergeKubeconfig(handWritten, adminConf, 'rack');
    expect(merged).toMatchInlineSnapshot(`
      "# my clusters
      apiVersion: v1
      kind: Config
      preferences: {}   # nothing
      clusters:
      - name: work     # do not touch
        cluster:
          server: "https://work.example.org"
      # between
      - {name: home, cluster: {server: 'https://home.example.org'}}
      - cluster:
          server: https://10.0.0.5:6443
          certificate-authority-data: Q0E=
        name: rack

      contexts:
          - context: &shared
              cluster: work
              user: me
            name: work
          - name: alias
            context: *shared
          - context:
              cluster: rack
              user: rack-admin
            name: rack
      users:
      - name: me
        user:
          exec:
            command: token
            args: [ "a",   'b' ]
            installHint: |
              install it

              please
      - name: rack-admin
        user:
          client-certificate-data: Q0VSVA==
          client-key-data: S0VZ
      current-context: work
      # the end
      "
    `);
    expect(mergeKubeconfig(merged, adminConf, 'rack')).toBe(merged);
    expect(removeFromKubeconfig(merged, 'rack')).toBe(handWritten);
  });

  test('sets the current context when asked, and takes it away again', () => {
    const merged = mergeKubeconfig(handWritten, adminConf, 'rack', { setCurrent: true });
    expect(merged).toContain('current-context: "rack"\n# the end');
    expect(removeFromKubeconfig(merged, 'rack')).toContain('current-context: ""\n# the end');
  });

  test('replaces what an earlier cluster of that name left', () => {
    const merged = mergeKubeconfig(handWritten, adminConf, 'rack');
    const moved = mergeKubeconfig(merged, adminConf.replace('10.0.0.5', '10.0.0.9'), 'rack');
    expect(moved).toBe(merged.replace('10.0.0.5', '10.0.0.9'));
  });

  test.each([
    ['no file', undefined],
    ['an empty file', ''],
    ['only a comment', '# mine'],
    ['what kubectl leaves behind', 'apiVersion: v1\nclusters: null\ncontexts: []\nkind: Config\nusers:\n'],
    ['comments at empty lists', 'clusters: [] # c\ncontexts: # d\nusers: null # e\n'],
    ['no end of line', 'kind: Config\ncurrent-context: ""'],
    ['JSON', '{"kind": "Config", "clusters": [], "users": null}\n'],
    ["another language's end of line", 'kind: Config\r\nclusters:\r\n- name: a\r\n  cluster: {}\r\n'],
    ['a document marker', '---\nkind: Config\n...\n'],
  ])('works with %s', (_what, existing) => {
    const merged = mergeKubeconfig(existing, adminConf, 'rack');
    expect(parseKubeconfig(merged)).toMatchObject({ server: 'https://10.0.0.5:6443', caPem: 'CA' });
    const removed: unknown = parse(removeFromKubeconfig(merged, 'rack'));
    expect(removed).toMatchObject({ contexts: [], users: [], 'current-context': '' });
    expect(mergeKubeconfig(merged, adminConf, 'rack')).toBe(merged);
  });

  test.each([
    ['clusters: [\n', 'flow'],
    ['- a\n', 'not a map'],
    ['clusters: {a: 1}\n', 'not a list'],
    ['clusters: []\nclusters: []\n', 'unique'],
    ['a: 1\n---\nb: 2\n', 'document'],
    ['clusters:\n- name: rack\n- name: rack\n', 'cannot be edited'],
  ])('refuses %j', (existing, because) => {
    const merge = () => mergeKubeconfig(existing, adminConf, 'rack');
    expect(merge).toThrow(ColdstartError);
    expect(merge).toThrow(
      expect.objectContaining({
        code: 'KUBECONFIG_INVALID',
        because: expect.stringMatching(new RegExp(because, 'i')) as string,
      }),
    );
  });

  test('leaves every other entry and byte alone, whatever the file looks like', () => {
    fc.assert(
      fc.property(kubeconfigText(), fc.boolean(), (existing, setCurrent) => {
        fc.pre(parseDocument(existing).errors.length === 0);
        const merged = mergeKubeconfig(existing, adminConf, 'rack', { setCurrent });
        expect(withoutOurs(parse(merged))).toEqual(withoutOurs(parse(existing)));
        expect(withoutLines(existing, merged)).toBe(true);
        const context = (parse(existing) as { 'current-context'?: string } | null)?.['current-context'];
        expect(parse(merged) as object).toHaveProperty(
          'current-context',
          setCurrent || !context ? 'rack' : context,
        );
        expect(withoutOurs(parse(removeFromKubeconfig(merged, 'rack')))).toEqual(
          withoutOurs(parse(existing)),
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe('renameForCluster', () => {
  test('keeps only the current context, and names that YAML 1.1 would misread are quoted', () => {
    expect(renameForCluster(adminConf, 'on')).toMatchInlineSnapshot(`
      "apiVersion: v1
      kind: Config
      clusters:
        - cluster:
            server: https://10.0.0.5:6443
            certificate-authority-data: Q0E=
          name: "on"
      contexts:
        - context:
            cluster: "on"
            user: on-admin
          name: "on"
      users:
        - name: on-admin
          user:
            client-certificate-data: Q0VSVA==
            client-key-data: S0VZ
      current-context: "on"
      preferences: {}
      "
    `);
  });

  test.each([
    ['', 'empty'],
    ['clusters: [', 'flow'],
    [adminConf.replace('https:', 'http:'), 'no valid server'],
    [adminConf.replace('current-context: kube', 'current-context: cube'), 'current context is missing'],
  ])('refuses %j', (text, because) => {
    expect(() => renameForCluster(text, 'rack')).toThrow(
      expect.objectContaining({
        code: 'KUBECONFIG_INVALID',
        because: expect.stringMatching(new RegExp(because, 'i')) as string,
      }),
    );
  });
});

/** Kubeconfigs in many styles: block or flow, indented lists or not, comments, missing and empty parts. */
function kubeconfigText(): fc.Arbitrary<string> {
  const name = fc.stringMatching(/^[a-z][a-z0-9@:/_.-]{0,12}$/).filter(text => !text.startsWith('rack'));
  const value = fc.oneof(fc.string(), fc.boolean(), fc.constant('a\nb\n\n'), fc.constant(null));
  const item = (kind: string) =>
    fc.record({ name, [kind]: fc.dictionary(fc.stringMatching(/^[a-z-]{1,8}$/), value, { maxKeys: 3 }) });
  const list = (kind: string) => fc.oneof(fc.array(item(kind), { maxLength: 3 }), fc.constant(null));
  const content = fc.record(
    {
      apiVersion: fc.constant('v1'),
      clusters: list('cluster'),
      contexts: list('context'),
      preferences: fc.constant({}),
      users: list('user'),
      'current-context': fc.oneof(name, fc.constant('')),
      extensions: fc.array(fc.string(), { maxLength: 2 }),
    },
    { requiredKeys: [] },
  );
  const style = fc.record({
    indentSeq: fc.boolean(),
    indent: fc.integer({ min: 2, max: 4 }),
    collectionStyle: fc.constantFrom('any' as const, 'flow' as const, 'block' as const),
  });
  return fc.tuple(content, style, fc.boolean(), fc.boolean()).map(([content, style, comments, cut]) => {
    const text = stringify(content, { ...style, lineWidth: 0 });
    const commented = comments ? `# first\n${text}# last\n` : text;
    return cut ? commented.replace(/\n$/, '') : commented;
  });
}

function withoutOurs(plain: unknown): unknown {
  const lists = ['clusters', 'contexts', 'users'] as const;
  const content = (plain ?? {}) as Record<string, { name: string }[] | null>;
  const kept = lists.map(key => [key, (content[key] ?? []).filter(({ name }) => !name.startsWith('rack'))]);
  const fresh = { apiVersion: 'v1', kind: 'Config', preferences: {} };
  return { ...fresh, ...content, ...Object.fromEntries(kept), 'current-context': null };
}

/** True when the old text, but for empty lists and the current context, is in the new one in the same order. */
function withoutLines(before: string, after: string): boolean {
  let rest = after;
  for (const line of before.split('\n')) {
    if (/^(?:clusters|contexts|users|current-context):|[{}]|^\s*\[\]/.test(line)) continue;
    const at = rest.indexOf(line);
    if (at === -1) return false;
    rest = rest.slice(at + line.length);
  }
  return true;
}
