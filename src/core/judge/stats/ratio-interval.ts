import { exp, ln, lnSumExp } from '../../../base/math.ts';
import type { Counts } from './counts.ts';
import { lnRateRatio } from './rate-ratio.ts';

/**
 * ln likelihood of each candidate ratio psi = candidate's rate / stable's, by the conditional
 * binomial of the rate test, against psi = 1. With a uniform prior over the grid, psi0 is ruled out
 * when the prior's mean likelihood is 1/alpha times its own: an e-value for every psi0 at once, so
 * the ratios that remain hold the true one at all times with probability 1 - alpha, for any rates,
 * however they drift, and any split. For events that are not rare it is too wide, never too narrow.
 */
export type RatioLikelihood = readonly number[];

export interface RatioInterval {
  /** null: open on that side, as far as the grid reaches. */
  low: number | null;
  high: number | null;
}

/** From 1/32 to 32, each 2.2 % above the one before. */
const STEPS = 320;
const LN_LARGEST = ln(32);
const LN_GRID: readonly number[] = Array.from(
  { length: STEPS + 1 },
  (_, i) => LN_LARGEST * ((2 * i) / STEPS - 1),
);
const GRID: readonly number[] = LN_GRID.map(exp);

export const NO_RATIO: RatioLikelihood = GRID.map(() => 0);

/** One interval's counts, the likelihood tempered by the dispersion in force. */
export function advanceRatio(before: RatioLikelihood, counts: Counts, phi: number): number[] {
  return before.map((lnL, i) => lnL + lnRateRatio(counts, GRID[i] ?? 1, LN_GRID[i] ?? 0) / phi);
}

/** The ratios that are not ruled out, widened to the grid; both null before any event. */
export function ratioInterval(likelihood: RatioLikelihood, alpha: number): RatioInterval {
  const floor = lnSumExp(likelihood) - ln(likelihood.length) + ln(alpha);
  const isIn = (index: number): boolean => (likelihood[index] ?? -Infinity) > floor;
  const first = likelihood.findIndex((_, index) => isIn(index));
  const last = likelihood.findLastIndex((_, index) => isIn(index));
  return {
    low: first <= 0 ? null : (GRID[first - 1] ?? null),
    high: last < 0 || last === STEPS ? null : (GRID[last + 1] ?? null),
  };
}
