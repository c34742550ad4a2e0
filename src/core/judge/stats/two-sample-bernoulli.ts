import { lnQuotient } from '../../../base/math.ts';
import type { Counts } from './counts.ts';

/**
 * ln of the two-sample Bernoulli e-variable: the shares of events differ by the odds ratio psi,
 * spread evenly around `oddsBefore`, against both tracks sharing one share, whatever it is.
 * Its expectation is at most 1 for every common share and for every candidate that is better, in
 * each interval anew; so it fits events that are not rare, such as requests slower than the median.
 * Turner, Ly and Grunwald, "Generic E-variables for exact sequential k-sample tests", 2021.
 */
export function lnTwoSampleBernoulli(counts: Counts, psi: number, oddsBefore: number): number {
  const { stableEvents, stableTotal, candidateEvents, candidateTotal } = counts;
  const root = Math.sqrt(psi);
  const raised = oddsBefore * root;
  const candidateHit = raised / (1 + raised);
  const candidateMiss = 1 / (1 + raised);
  const stableHit = oddsBefore / (root + oddsBefore);
  const stableMiss = root / (root + oddsBefore);
  const total = stableTotal + candidateTotal;
  const hit = (candidateTotal * candidateHit + stableTotal * stableHit) / total;
  const miss = (candidateTotal * candidateMiss + stableTotal * stableMiss) / total;
  return (
    candidateEvents * lnQuotient(candidateHit, hit) +
    (candidateTotal - candidateEvents) * lnQuotient(candidateMiss, miss) +
    stableEvents * lnQuotient(stableHit, hit) +
    (stableTotal - stableEvents) * lnQuotient(stableMiss, miss)
  );
}

/**
 * The odds of an event learned from both tracks' past, never from the interval they are used on;
 * null before there is a past: the first interval only teaches.
 */
export function oddsOf(past: Counts): number | null {
  const total = past.stableTotal + past.candidateTotal;
  if (total === 0) return null;
  const events = past.stableEvents + past.candidateEvents;
  return (events + 0.5) / (total - events + 0.5);
}
