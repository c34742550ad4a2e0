import { assert } from '../../../base/assert.ts';
import { normalCdf, normalQuantile, sqrt } from '../../../base/special-functions.ts';
import { brentRoot } from './root.ts';

/** How far the canary lies above the baseline, in the metric's own unit. */
export interface ShiftInterval {
  lower: number;
  upper: number;
  estimate: number;
}

/** Kayenta's solver stops here, whatever the unit: what makes its verdict depend on the unit. */
const SOLVER_TOLERANCE = 1e-4;

/**
 * Kayenta's interval: the shifts at which the tie-corrected rank-sum statistic reaches the
 * quantiles of the confidence, by a solver that stops at an absolute 1e-4. On values of that size
 * and below the ends are the solver's own, and may come out in the wrong order; exactInterval has
 * no such limit. Both arrays hold at least one finite number; a confidence that so few points
 * cannot reach gives the ends of the possible shifts.
 */
export function brentInterval(
  baseline: readonly number[],
  canary: readonly number[],
  confidence: number,
): ShiftInterval {
  const y = ascending(baseline);
  const x = ascending(canary);
  const least = first(x) - last(y);
  const most = last(x) - first(y);
  const reached = (quantile: number): number => {
    const off = (shift: number): number => shiftStatistic(x, y, shift) - quantile;
    if (off(least) <= 0) return least;
    if (off(most) >= 0) return most;
    return brentRoot(off, least, most, SOLVER_TOLERANCE);
  };
  const z = zOf(confidence);
  return { lower: reached(z), upper: reached(-z), estimate: reached(0) };
}

/** The standard normal quantile of a two-sided confidence, 0 < confidence < 1. */
export function zOf(confidence: number): number {
  assert(confidence > 0 && confidence < 1, 'a confidence is above 0 and below 1');
  return normalQuantile((1 + confidence) / 2);
}

/**
 * The rank-sum statistic of x - shift against y, both rising, in standard deviations: ties counted
 * half and taken out of the variance, and half a rank off towards 0 (Lehmann, Nonparametrics,
 * 1975, section 1.4). 0 where every value is one.
 */
export function shiftStatistic(x: Sorted, y: Sorted, shift: number): number {
  const n = x.length;
  const m = y.length;
  const { above, ties } = ranks(x, y, shift);
  const off = above - (n * m) / 2;
  const size = n + m;
  const variance = ((n * m) / 12) * (size + 1 - ties / (size * (size - 1)));
  if (!(variance > 0)) return 0;
  const correction = off === 0 ? 0 : off > 0 ? 0.5 : -0.5;
  return (off - correction) / sqrt(variance);
}

/**
 * The Mann-Whitney statistic and the probability, by the normal law, of one as extreme in either
 * direction were there no difference. `u`: pairs in which the canary is larger, ties counted half.
 */
export function rankSumTest(
  baseline: readonly number[],
  canary: readonly number[],
): { u: number; pValue: number } {
  const x = ascending(canary);
  const y = ascending(baseline);
  const z = shiftStatistic(x, y, 0);
  return { u: ranks(x, y, 0).above, pValue: z === 0 ? 1 : 2 * normalCdf(-Math.abs(z)) };
}

/** Pairs with x - shift above y (ties half), and the sum of t^3 - t over groups of t equal values. */
function ranks(x: Sorted, y: Sorted, shift: number): { above: number; ties: number } {
  let above = 0;
  let ties = 0;
  let j = 0;
  for (let i = 0; i < x.length || j < y.length; ) {
    const fromX = i < x.length ? (x[i] ?? 0) - shift : Infinity;
    const fromY = j < y.length ? (y[j] ?? 0) : Infinity;
    const value = fromX < fromY ? fromX : fromY;
    const [i0, j0] = [i, j];
    while (i < x.length && (x[i] ?? 0) - shift === value) i += 1;
    while (j < y.length && (y[j] ?? 0) === value) j += 1;
    above += (i - i0) * (j0 + (j - j0) / 2);
    const tied = i - i0 + j - j0;
    ties += tied * tied * tied - tied;
  }
  return { above, ties };
}

/** Rising. */
export type Sorted = Float64Array;

export function ascending(values: readonly number[]): Sorted {
  const sorted = Float64Array.from(values).sort();
  // What is no number sorts last, an infinity first or last.
  const told = Number.isFinite(sorted[0]) && Number.isFinite(sorted.at(-1));
  assert(told, 'ranks are of finite numbers');
  return sorted;
}

export function first(values: Sorted): number {
  return values[0] ?? Number.NaN;
}

export function last(values: Sorted): number {
  return values.at(-1) ?? Number.NaN;
}
