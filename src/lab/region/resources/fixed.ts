import type { Resource } from '../http/resource.ts';
import { powerTypes } from './power-types.ts';

/** A list that is always empty in the lab, and says so as MAAS does. */
export function emptyList(name: string): Resource {
  return { name, read: () => [] };
}

/** The lab's region does without rack controllers; only the power types are asked of this. */
export const rackControllers: Resource = {
  name: 'RackControllers',
  read: () => [],
  get: {
    describe_power_types: () =>
      powerTypes.map(type => ({
        name: type.name,
        description: type.description,
        driver_type: 'power',
        queryable: type.queryable,
        chassis: false,
        missing_packages: [],
        fields: type.fields.map(field => ({
          name: field,
          label: field.replaceAll('_', ' '),
          field_type: field.includes('pass') ? 'password' : 'string',
          required: false,
          default: '',
          choices: [],
          scope: 'bmc',
        })),
      })),
  },
};
