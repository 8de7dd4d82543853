/**
 * Joins questions that are asked within `windowMs` of each other into one: a thousand machines that are waited for
 * cost one request, not a thousand.
 */
export function coalesce<K, V>(
  ask: (keys: K[]) => Promise<ReadonlyMap<K, V>>,
  windowMs: number,
): (key: K) => Promise<V | undefined> {
  let group: { keys: Set<K>; answer: Promise<ReadonlyMap<K, V>> } | undefined;
  return async key => {
    if (!group) {
      const keys = new Set<K>();
      const answer = new Promise(resolve => setTimeout(resolve, windowMs)).then(() => {
        group = undefined;
        return ask([...keys]);
      });
      group = { keys, answer };
    }
    group.keys.add(key);
    return (await group.answer).get(key);
  };
}
