/**
 * How an answer differs in shape from a recorded one: missing and additional keys, and other types. `null` on one side
 * says nothing about the type; lists are compared by their first items. With `values`, what is said counts too.
 */
export function shapeProblems(
  recorded: unknown,
  given: unknown,
  how: 'shape' | 'values' = 'shape',
  where = '$',
): string[] {
  if (recorded === null || given === null) return [];
  if (Array.isArray(recorded)) return listProblems(recorded, given, how, where);
  if (typeof recorded === 'object') return objectProblems(recorded, given, how, where);
  if (typeof recorded !== typeof given) return [`${where}: ${typeof given} instead of ${typeof recorded}`];
  return how === 'values' && recorded !== given ? [`${where}: ${JSON.stringify(given)}`] : [];
}

function listProblems(recorded: unknown[], given: unknown, how: 'shape' | 'values', where: string): string[] {
  if (!Array.isArray(given)) return [`${where}: no list`];
  const first = given[0] as unknown;
  if (recorded.length === 0) return [];
  if (first === undefined) return typeof recorded[0] === 'object' ? [`${where}: an empty list`] : [];
  return shapeProblems(recorded[0], first, how, `${where}[0]`);
}

/** Keys under which a person chooses the names. */
const freeKeys = /\.(owner_data|workload_annotations|context)$/;

function objectProblems(recorded: object, given: unknown, how: 'shape' | 'values', where: string): string[] {
  if (typeof given !== 'object' || Array.isArray(given)) return [`${where}: no object`];
  if (freeKeys.test(where)) return [];
  const known = recorded as Record<string, unknown>;
  const ours = given as Record<string, unknown>;
  const additional = Object.keys(ours).filter(key => !(key in known));
  return [
    ...additional.map(key => `${where}.${key}: not in the recording`),
    ...Object.entries(known).flatMap(([key, value]) =>
      key in ours ? shapeProblems(value, ours[key], how, `${where}.${key}`) : [`${where}.${key}: missing`],
    ),
  ];
}

const compared = ['content-type', 'vary', 'allow', 'www-authenticate', 'location'];

export function headerProblems(recorded: Record<string, string>, given: Headers): string[] {
  return Object.entries(recorded)
    .filter(([name, value]) => compared.includes(name.toLowerCase()) && given.get(name) !== value)
    .map(([name, value]) => `${name}: ${given.get(name)} instead of ${value}`);
}
