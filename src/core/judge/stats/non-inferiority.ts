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

/** Alternatives to the absolute margin, as parts of it. */
const PARTS = [0, 0.1, 0.25, 0.5] as const;

/**
 * ln of the e-value against "the candidate's share of events is at least `margin`": the mean over
 * l1 in {0, l0/10, l0/4, l0/2} of (l1/l0)^events e^((l0 - l1) total), divided by phi in logarithms.
 * Where errors are rare a relative margin is empty; this one still tells.
 */
export function lnBelowMargin(events: number, total: number, margin: number, phi: number): number {
  const terms = PARTS.map((part) => {
    if (part === 0) return events === 0 ? (margin * total) / phi : -Infinity;
    return (events * ln(part) + margin * (1 - part) * total) / phi;
  });
  return lnSumExp(terms) - ln(PARTS.length);
}

/** E = (E_rel + E_abs) / 2; without an absolute margin E_rel alone. */
export function lnJoined(lnRelative: number, lnAbsolute: number | null): number {
  return lnAbsolute === null ? lnRelative : lnAddExp(lnRelative, lnAbsolute) - LN_2;
}

const LN_2 = ln(2);
