/** Readers of JSON that somebody else made: what is not of the kind expected counts as absent. */

export function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'string') : [];
}

export function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** An object, with no promise about its fields. */
export function record<T extends object>(value: T | null | undefined): Partial<T> {
  return typeof value === 'object' && value !== null ? value : {};
}

/** The objects of a list, with no promise about their fields. */
export function records<T extends object>(value: readonly T[] | null | undefined): Partial<T>[] {
  return Array.isArray(value) ? value.filter(item => typeof item === 'object' && item !== null) : [];
}
