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
  const { eB, nB, eC, nC } = counts;
  const root = Math.sqrt(psi);
  const raised = oddsBefore * root;
  const candidateHit = raised / (1 + raised);
  const candidateMiss = 1 / (1 + raised);
  const stableHit = oddsBefore / (root + oddsBefore);
  const stableMiss = root / (root + oddsBefore);
  const total = nB + nC;
  const hit = (nC * candidateHit + nB * stableHit) / total;
  const miss = (nC * candidateMiss + nB * stableMiss) / total;
  return (
    eC * lnQuotient(candidateHit, hit) +
    (nC - eC) * lnQuotient(candidateMiss, miss) +
    eB * lnQuotient(stableHit, hit) +
    (nB - eB) * lnQuotient(stableMiss, miss)
  );
}

/**
 * The odds of an event learned from both tracks' past, never from the interval they are used on;
 * null before there is a past: the first interval only teaches.
 */
export function oddsOf(past: Counts): number | null {
  const total = past.nB + past.nC;
  if (total === 0) return null;
  const events = past.eB + past.eC;
  return (events + 0.5) / (total - events + 0.5);
}
