/** The value below which the share `share` (0 to 1) of the numbers lies, between neighbours by proportion. NaN of none. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? below;
  return below + (above - below) * (place - Math.floor(place));
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

export interface Spread {
  count: number;
  minimum: number;
  median: number;
  p90: number;
  maximum: number;
  /** Of a sample: divided by n - 1. Zero of one number. */
  standardDeviation: number;
}

/** What people want to know of some numbers; undefined of none. */
export function spreadOf(numbers: readonly number[]): Spread | undefined {
  if (numbers.length === 0) return undefined;
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  const squares = numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0);
  return {
    count: numbers.length,
    minimum: Math.min(...numbers),
    median: median(numbers),
    p90: quantile(numbers, 0.9),
    maximum: Math.max(...numbers),
    standardDeviation: Math.sqrt(squares / Math.max(1, numbers.length - 1)),
  };
}
