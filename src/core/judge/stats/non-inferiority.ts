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
 * What the test of "the candidate's share of events is at least l0" rests on: its events and its
 * requests, each interval's divided by the phi then in force. By alternative l1 the e-value is
 * (l1/l0)^events e^((l0 - l1) requests). Where errors are rare a relative margin is empty; this one
 * still tells.
 */
export interface BelowMargin {
  e: number;
  n: number;
}

export const NOTHING_BELOW: BelowMargin = { e: 0, n: 0 };

/** One interval of the candidate. */
export function advanceBelow(
  before: BelowMargin,
  events: number,
  total: number,
  phi: number,
): BelowMargin {
  return { e: before.e + events / phi, n: before.n + total / phi };
}

/** ln of the mean over the alternatives to the margin l0. One event rules out l1 = 0. */
export function lnBelow({ e, n }: BelowMargin, margin: number): number {
  const byPart = PARTS.map((part, index) => {
    const lnEvents = e === 0 ? 0 : e * (LN_PARTS[index] ?? 0);
    return lnEvents + margin * (1 - part) * n;
  });
  return lnSumExp(byPart) - ln(PARTS.length);
}

/** E = (E_rel + E_abs) / 2; without an absolute margin E_rel alone. */
export function lnJoined(lnRelative: number, lnAbsolute: number | null): number {
  return lnAbsolute === null ? lnRelative : lnAddExp(lnRelative, lnAbsolute) - LN_2;
}

const LN_2 = ln(2);
