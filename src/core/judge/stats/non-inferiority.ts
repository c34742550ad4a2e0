import { ln, lnAddExp, lnSumExp } from '../../../base/math.ts';
import type { Counts } from './counts.ts';
import { lnRateRatio } from './rate-ratio.ts';

/**
 * One interval's ln likelihood ratio of "equal" against "the candidate's rate is `ratio` times
 * stable's": evidence that the candidate is not worse than the margin. For any true ratio at or
 * above it the expectation is at most 1, for Poisson and for Bernoulli events of any frequency.
 */
export function lnNotWorse(counts: Counts, ratio: number, lnRatio: number): number {
  return -lnRateRatio(counts, ratio, lnRatio);
}

/** Alternatives to the absolute margin l0, as parts of it: 0, l0/10, l0/4, l0/2. */
const PARTS = [0, 0.1, 0.25, 0.5] as const;
const LN_PARTS: readonly number[] = PARTS.map(ln);

/**
 * By alternative l1: ln of the product of (l1/l0)^events e^((l0 - l1) total), tested against "the
 * candidate's share of events is at least l0". Where errors are rare a relative margin is empty;
 * this one still tells. null: ruled out, which an event does to l1 = 0.
 */
export type BelowMargin = readonly (number | null)[];

export const NOTHING_BELOW: BelowMargin = PARTS.map(() => 0);

/** One interval of the candidate, its logarithms divided by phi. */
export function advanceBelow(
  before: BelowMargin,
  events: number,
  total: number,
  margin: number,
  phi: number,
): BelowMargin {
  return PARTS.map((part, index) => {
    const lnE = before[index] ?? null;
    if (lnE === null || (part === 0 && events > 0)) return null;
    const lnParts = events === 0 ? 0 : events * (LN_PARTS[index] ?? 0);
    return lnE + (lnParts + margin * (1 - part) * total) / phi;
  });
}

/** ln of the mean over the alternatives. */
export function lnBelow(below: BelowMargin): number {
  return lnSumExp(below.map((lnE) => lnE ?? -Infinity)) - ln(below.length);
}

/** E = (E_rel + E_abs) / 2; without an absolute margin E_rel alone. */
export function lnJoined(lnRelative: number, lnAbsolute: number | null): number {
  return lnAbsolute === null ? lnRelative : lnAddExp(lnRelative, lnAbsolute) - LN_2;
}

const LN_2 = ln(2);
