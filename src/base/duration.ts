const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
];
const PATTERN = /^(?:\d+(?:\.\d+)?(?:ms|d|h|m|s))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|d|h|m|s)/g;

/** What a duration looks like, for messages that say what was expected. */
export const DURATION_FORM = 'a duration such as 90s, 15m, 72h or 1h30m';

/** Milliseconds of `90s`, `1h30m`, `0.6m`; null for anything else, or for parts of a millisecond. */
export function parseDuration(text: string): number | null {
  if (!PATTERN.test(text)) return null;
  let totalMs = 0;
  for (const [, digits, unit] of text.matchAll(PART)) {
    const factor = UNITS.find(([name]) => name === unit)?.[1] ?? Number.NaN;
    totalMs += Number(digits) * factor;
  }
  const rounded = Math.round(totalMs);
  return Number.isSafeInteger(rounded) && Math.abs(rounded - totalMs) < 1e-6 ? rounded : null;
}

/** The shortest exact writing: 5400000 -> `1h30m`. Negative values carry a minus. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s';
  let rest = Math.abs(Math.round(ms));
  let text = ms < 0 ? '-' : '';
  for (const [unit, factor] of UNITS) {
    const count = Math.floor(rest / factor);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * factor;
  }
  return text;
}
