import { ln, lnGamma } from '../../../base/math.ts';

/**
 * Whether requests reach the candidate in the share that was ordered (sample ratio): the
 * Dirichlet-multinomial e-process, begun anew at each change of the weight and carried on as a
 * product, so that a rollout's steps need no correction. A dead instance shows here first, as
 * missing traffic. Lindon and Malek 2022, theorem 2.4.
 */
export interface Split {
  /** ln of the product over the weights that were in force before. */
  lnPast: number;
  /** The largest ln e-value so far: what it reached once it has shown for good. */
  lnMost: number;
  /** The weight in force, and both tracks' requests under it; null before the first interval. */
  current: { candidatePct: number; stable: number; candidate: number } | null;
  /** Over all weights: requests, the candidate's, and how many it should have had. */
  total: number;
  candidate: number;
  expected: number;
  /** Intervals in which it was measured, and the last of them; -1: none. */
  intervals: number;
  lastSeq: number;
}

export const NO_SPLIT: Split = {
  lnPast: 0,
  lnMost: 0,
  current: null,
  total: 0,
  candidate: 0,
  expected: 0,
  intervals: 0,
  lastSeq: -1,
};

/** The prior weighs as much as so many requests in the share ordered. */
const PRIOR = 100;

/** Interval `seq`, during all of which the weight was `candidatePct`, above 0 and below 100. */
export function advanceSplit(
  before: Split,
  seq: number,
  candidatePct: number,
  stable: number,
  candidate: number,
): Split {
  const same = before.current?.candidatePct === candidatePct;
  const current = {
    candidatePct,
    stable: (same ? (before.current?.stable ?? 0) : 0) + stable,
    candidate: (same ? (before.current?.candidate ?? 0) : 0) + candidate,
  };
  const lnPast = same ? before.lnPast : lnSplit(before);
  const after: Split = {
    lnPast,
    lnMost: before.lnMost,
    current,
    total: before.total + stable + candidate,
    candidate: before.candidate + candidate,
    expected: before.expected + ((stable + candidate) * candidatePct) / 100,
    intervals: before.intervals + 1,
    lastSeq: seq,
  };
  const lnE = lnSplit(after);
  return lnE > before.lnMost ? { ...after, lnMost: lnE } : after;
}

/** ln of the e-value now. */
export function lnSplit({ lnPast, current }: Split): number {
  if (current === null) return lnPast;
  const share = current.candidatePct / 100;
  const counts = [current.stable, current.candidate];
  const expected = [1 - share, share];
  return (
    lnPast +
    lnDirichletMultinomial(
      counts,
      expected,
      expected.map((part) => PRIOR * part),
    )
  );
}

/**
 * ln Bayes factor of "some other shares, drawn from Dirichlet(prior)" against "exactly `shares`".
 * All arrays run over the same categories; shares above 0, summing to 1.
 */
export function lnDirichletMultinomial(
  counts: readonly number[],
  shares: readonly number[],
  prior: readonly number[],
): number {
  let priorSum = 0;
  let total = 0;
  let sum = 0;
  counts.forEach((count, index) => {
    const weight = prior[index] ?? 0;
    priorSum += weight;
    total += count;
    sum += lnGamma(weight + count) - lnGamma(weight) - count * ln(shares[index] ?? 0);
  });
  return lnGamma(priorSum) - lnGamma(priorSum + total) + sum;
}
