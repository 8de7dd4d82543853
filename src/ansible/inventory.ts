/** An inventory in the shape that `ansible-inventory --list` prints and inventory scripts answer with. */
export interface AnsibleInventory {
  _meta?: { hostvars?: Readonly<Record<string, Variables>> };
  [group: string]: AnsibleGroup | { hostvars?: Readonly<Record<string, Variables>> } | undefined;
}
export interface AnsibleGroup {
  hosts?: readonly string[];
  children?: readonly string[];
  vars?: Variables;
}
export type Variables = Readonly<Record<string, unknown>>;

/**
 * The same inventory as a static file for Ansible's YAML inventory plugin.
 * Every text is data: one that holds template marks is tagged `!unsafe`, so that nothing in a machine's name or tag is
 * ever run as a template on this computer.
 * https://docs.ansible.com/ansible/latest/collections/ansible/builtin/yaml_inventory.html
 */
export function inventoryFile(inventory: AnsibleInventory): string {
  return `${yaml(staticLayout(inventory))}\n`;
}

function staticLayout(inventory: AnsibleInventory): unknown {
  const { _meta: meta, ...groups } = inventory;
  const all = groups['all'] as AnsibleGroup | undefined;
  const children = Object.entries(groups)
    .filter(([name]) => name !== 'all')
    .map(([name, group]) => [name, staticGroup((group ?? {}) as AnsibleGroup)]);
  return {
    all: {
      vars: all?.vars ?? {},
      hosts: { ...emptyEach(all?.hosts ?? []), ...meta?.hostvars },
      children: { ...emptyEach(all?.children ?? []), ...Object.fromEntries(children) },
    },
  };
}

function staticGroup({ hosts = [], children = [], vars = {} }: AnsibleGroup): unknown {
  return { hosts: emptyEach(hosts), children: emptyEach(children), vars };
}

function emptyEach(names: readonly string[]): Record<string, object> {
  return Object.fromEntries(names.map(name => [name, {}]));
}

/** JSON is YAML, but for characters that YAML wants escaped, and for the tag. */
function yaml(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yaml).join(',')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return `{${entries.map(([key, inner]) => `${text(key)}: ${yaml(inner)}`).join(',\n')}}`;
  }
  if (typeof value === 'string') return /\{[{%#]/.test(value) ? `!unsafe ${text(value)}` : text(value);
  return JSON.stringify(value) ?? 'null';
}

function text(value: string): string {
  return JSON.stringify(value).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
