import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inventoryFile } from './inventory.ts';

const read = (text: string): unknown =>
  parse(text, { customTags: [{ tag: '!unsafe', resolve: (value: string) => ({ unsafe: value }) }] });

describe('an inventory file', () => {
  it('has the groups, machines and variables of the inventory', () => {
    const file = inventoryFile({
      _meta: { hostvars: { 'node-01': { ansible_host: '10.0.0.1', list: [1, true, null, 'x'] } } },
      all: { vars: { cluster_name: 'c' }, children: ['control_plane'] },
      control_plane: { hosts: ['node-01'], vars: { deep: { a: [] } } },
      master: { children: ['control_plane'] },
    });
    expect(read(file)).toEqual({
      all: {
        vars: { cluster_name: 'c' },
        hosts: { 'node-01': { ansible_host: '10.0.0.1', list: [1, true, null, 'x'] } },
        children: {
          control_plane: { hosts: { 'node-01': {} }, children: {}, vars: { deep: { a: [] } } },
          master: { hosts: {}, children: { control_plane: {} }, vars: {} },
        },
      },
    });
  });

  it.each(["{{ lookup('pipe', 'id') }}", '{% for %}', 'a {# b'])('never lets %j be a template', text => {
    expect(read(inventoryFile({ all: { vars: { text } } }))).toMatchObject({
      all: { vars: { text: { unsafe: text } } },
    });
  });

  it.each(['1.30', 'yes', '0x1', '- a: b', 'ü\u2028\u0085\u007f"\\\n', '!unsafe x', '# no'])(
    'keeps the text %j',
    text => {
      expect(read(inventoryFile({ all: { vars: { [text]: text } } }))).toMatchObject({
        all: { vars: { [text]: text } },
      });
    },
  );
});
