/** Steps that people read easily, in seconds. */
const steps = [
  0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21_600, 43_200, 86_400,
];

/** Round places from zero up to `ms`, at most `count` or so; the last one is at or before `ms`. */
export function ticksUntil(ms: number, count: number): number[] {
  const seconds = ms / 1000;
  const fitting = steps.find(each => seconds / each <= count);
  const step = fitting ?? Math.ceil(seconds / count / 86_400) * 86_400;
  const size = step * 1000;
  return Array.from({ length: Math.floor(ms / size + 1e-9) + 1 }, (_, index) => index * size);
}

/** A place on the axis: `0`, `30 s`, `2 min`, `2:30 min`, `1:15 h`. */
export function tickLabel(ms: number): string {
  const seconds = ms < 10_000 ? Math.round(ms / 100) / 10 : Math.round(ms / 1000);
  if (seconds < 60) return seconds === 0 ? '0' : `${seconds} s`;
  if (seconds < 3600) return `${clockText(seconds, 60)} min`;
  return `${clockText(Math.round(seconds / 60), 60)} h`;
}

function clockText(total: number, base: number): string {
  const rest = total % base;
  return `${Math.floor(total / base)}${rest === 0 ? '' : `:${String(rest).padStart(2, '0')}`}`;
}

/** At most two digits after the point: SVG files are mostly numbers. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
