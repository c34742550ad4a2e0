import { sqrt } from '../../../base/special-functions.ts';
import { ascending, first, last, type ShiftInterval, type Sorted, zOf } from './mann-whitney.ts';

/**
 * What brentInterval approximates, exactly and in any unit: between two neighbouring differences
 * of a canary and a baseline value the rank-sum statistic is constant, so its ends are differences
 * themselves, found by counting (Lehmann, Nonparametrics, 1975, section 2.6). The estimate is the
 * median difference (Hodges and Lehmann 1963). Time about (n + m) times the digits of the values;
 * no list of the n m differences is made.
 */
export function exactInterval(
  baseline: readonly number[],
  canary: readonly number[],
  confidence: number,
): ShiftInterval {
  const x = ascending(canary);
  const y = ascending(baseline);
  const pairs = x.length * y.length;
  // Half of the pairs, half a rank, z standard deviations: beyond it the statistic exceeds z.
  const reach = pairs / 2 + 0.5 + zOf(confidence) * deviation(x, y);
  const rank = (value: number): number => Math.min(Math.max(value, 1), pairs);
  const lower = differenceAt(x, y, rank(Math.ceil(pairs - reach)));
  const upper = differenceAt(x, y, rank(Math.floor(reach) + 1));
  const low = differenceAt(x, y, Math.floor((pairs + 1) / 2));
  const high = pairs % 2 === 1 ? low : differenceAt(x, y, pairs / 2 + 1);
  return { lower, upper, estimate: low + (high - low) / 2 };
}

/** Standard deviation of the statistic off every jump, where only values of one array are tied. */
function deviation(x: Sorted, y: Sorted): number {
  const size = x.length + y.length;
  if (size < 2) return 0;
  const ties = tiesOf(x) + tiesOf(y);
  return sqrt(((x.length * y.length) / 12) * (size + 1 - ties / (size * (size - 1))));
}

/** The sum of t^3 - t over the groups of t equal values. */
function tiesOf(values: Sorted): number {
  let ties = 0;
  for (let start = 0; start < values.length; ) {
    let end = start + 1;
    while (end < values.length && values[end] === values[start]) end += 1;
    const tied = end - start;
    ties += tied * tied * tied - tied;
    start = end;
  }
  return ties;
}

/**
 * The rank-th smallest x - y, rank from 1. Guesses by the share of differences still in question and
 * by halves, in turn; each count also tells the nearest differences on both sides, so that it ends
 * on one and never in the gaps between.
 */
function differenceAt(x: Sorted, y: Sorted, rank: number): number {
  let low = first(x) - last(y);
  let high = last(x) - first(y);
  let [before, upTo] = [0, x.length * y.length];
  for (let round = 0; low < high; round += 1) {
    const share = round % 2 === 0 ? (rank - 0.5 - before) / (upTo - before) : 0.5;
    const guess = low + (high - low) * share;
    const { count, below, above } = countAtMost(x, y, guess < high ? guess : low);
    if (count >= rank) [high, upTo] = [below, count];
    else [low, before] = [above, count];
  }
  return low;
}

/** How many differences are at most `limit`; the largest of them, and the smallest of the rest. */
function countAtMost(
  x: Sorted,
  y: Sorted,
  limit: number,
): { count: number; below: number; above: number } {
  let count = 0;
  let below = -Infinity;
  let above = Infinity;
  // As x rises, more of y's smallest are too far below it. y[k] is the first that is not.
  let k = 0;
  for (let i = 0; i < x.length; i += 1) {
    const value = x[i] ?? 0;
    while (k < y.length && value - (y[k] ?? 0) > limit) k += 1;
    if (k > 0) {
      const beyond = value - (y[k - 1] ?? 0);
      if (beyond < above) above = beyond;
    }
    if (k === y.length) continue;
    const within = value - (y[k] ?? 0);
    if (within > below) below = within;
    count += y.length - k;
  }
  return { count, below, above };
}
