import { setTimeout as delay } from 'node:timers/promises';

/** Looks until the named condition holds; fails after `withinMs` with its name. */
export async function eventually(
  condition: string,
  holds: () => Promise<boolean> | boolean,
  withinMs = 60_000,
): Promise<void> {
  const giveUpAt = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > giveUpAt) throw new Error(`gave up waiting until ${condition}`);
    await delay(100);
  }
}
