/** The candidate that looks most like the word, if one is near enough to have been meant. */
export function closest(word: string, candidates: readonly string[]): string | undefined {
  const limit = Math.max(1, Math.floor(word.length / 3));
  if (word.length > 64) return undefined;
  const ranked = candidates
    .map(candidate => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.candidate;
}

/** Letters to insert, delete or replace to make `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const lettersB = b.split('');
  let row = Array.from({ length: lettersB.length + 1 }, (_, index) => index);
  for (const [i, letterA] of a.split('').entries()) {
    const next = [i + 1];
    for (const [j, letterB] of lettersB.entries()) {
      const replaced = (row[j] ?? 0) + (letterA === letterB ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
