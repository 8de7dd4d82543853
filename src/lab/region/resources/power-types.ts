/** Power types and the names of their fields: https://maas.io/docs/power-drivers */
export const powerTypes: readonly {
  name: string;
  description: string;
  queryable: boolean;
  fields: string[];
}[] = [
  { name: 'manual', description: 'Manual', queryable: false, fields: [] },
  {
    name: 'ipmi',
    description: 'IPMI',
    queryable: true,
    fields: ['power_driver', 'power_boot_type', 'power_address', 'power_user', 'power_pass'],
  },
  {
    name: 'redfish',
    description: 'Redfish',
    queryable: true,
    fields: ['power_address', 'power_user', 'power_pass'],
  },
  { name: 'amt', description: 'Intel AMT', queryable: true, fields: ['power_address', 'power_pass'] },
  {
    name: 'virsh',
    description: 'Virsh',
    queryable: true,
    fields: ['power_address', 'power_pass', 'power_id'],
  },
  { name: 'lxd', description: 'LXD', queryable: true, fields: ['power_address', 'instance_name', 'project'] },
  {
    name: 'webhook',
    description: 'Webhook',
    queryable: true,
    fields: ['power_on_uri', 'power_off_uri', 'power_query_uri', 'power_on_regex', 'power_off_regex'],
  },
  {
    name: 'dli',
    description: 'Digital Loggers, Inc. PDU',
    queryable: true,
    fields: ['outlet_id', 'power_address', 'power_user', 'power_pass'],
  },
  {
    name: 'apc',
    description: 'APC PDU',
    queryable: true,
    fields: ['power_address', 'node_outlet', 'power_on_delay'],
  },
];
