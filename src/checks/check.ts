/** The result of one named check. */
export interface CheckResult {
  /** What was looked at, such as `MAAS API key`. */
  name: string;
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  /** What was seen. */
  seen: string;
  /** How to get what is missing. */
  remedy?: string;
}

/** A named condition that can be looked at alone. */
export interface Check<W> {
  name: string;
  /** Names of checks without which this one makes no sense. */
  needs?: readonly string[];
  look(world: W): Promise<Omit<CheckResult, 'name'>>;
}

/** Looks at all checks in order. One whose needs failed is skipped; one that throws has failed. */
export async function runChecks<W>(
  checks: readonly Check<W>[],
  world: W,
  reasonOf: (thrown: unknown) => { because: string; remedy?: string },
): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, needs = [], look } of checks) {
    const missing = needs.find(need => results.find(result => result.name === need)?.state !== 'ok');
    if (missing !== undefined) {
      results.push({ name, state: 'skipped', seen: `needs ${missing}` });
      continue;
    }
    try {
      results.push({ name, ...(await look(world)) });
    } catch (error) {
      const { because, remedy } = reasonOf(error);
      results.push({ name, state: 'failed', seen: because, ...(remedy === undefined ? {} : { remedy }) });
    }
  }
  return results;
}
