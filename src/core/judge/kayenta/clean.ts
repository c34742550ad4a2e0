import { assert } from '../../../base/assert.ts';

export interface CleaningRule {
  /** What becomes of intervals without a number: left out, or taken for 0. */
  nan: 'remove' | 'replace';
  /** Whether values far outside the quartiles are left out. */
  outliers: 'keep' | 'remove';
  /** Interquartile ranges beyond a quartile at which a value is an outlier. */
  outlierFactor: number;
}

/** One array as Kayenta's judge sees it. What is infinite, or LARGEST and up, counts as no number. */
export function cleaned(values: readonly number[], rule: CleaningRule): readonly number[] {
  const numbers =
    rule.nan === 'remove'
      ? values.filter(isUsable)
      : values.map((value) => (isUsable(value) ? value : 0));
  if (rule.outliers === 'keep' || numbers.length === 0) return numbers;
  const outside = outliersOf(numbers, rule.outlierFactor, true);
  return numbers.filter((_, index) => outside[index] === false);
}

/** Sums of squares and differences of more would leave the range of a double. */
const LARGEST = 1e140;

function isUsable(value: number): boolean {
  return Math.abs(value) < LARGEST;
}

/**
 * Tukey's fences. `lessSensitive` widens them to the 1st and 99th percentile, so that a long tail
 * alone makes no outliers.
 */
export function outliersOf(
  values: readonly number[],
  factor: number,
  lessSensitive: boolean,
): readonly boolean[] {
  const lowerQuartile = percentile(values, 25);
  const upperQuartile = percentile(values, 75);
  const range = factor * (upperQuartile - lowerQuartile);
  const low = lowerQuartile - range;
  const high = upperQuartile + range;
  const from = lessSensitive ? Math.min(low, percentile(values, 1)) : low;
  const to = lessSensitive ? Math.max(high, percentile(values, 99)) : high;
  return values.map((value) => value < from || value > to);
}

/** The pct-th percentile by linear interpolation (Hyndman and Fan 1996, definition 7). */
export function percentile(values: readonly number[], pct: number): number {
  assert(values.length > 0 && pct >= 0 && pct <= 100, 'a percentile of no values');
  const sorted = values.toSorted((a, b) => a - b);
  const at = ((sorted.length - 1) * pct) / 100;
  const index = Math.floor(at);
  const low = sorted[index] ?? 0;
  return low + (at - index) * ((sorted[index + 1] ?? low) - low);
}
