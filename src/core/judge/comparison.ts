import { ln } from '../../base/math.ts';
import { addCounts, type Counts, NO_COUNTS } from './stats/counts.ts';
import { advance, type EProcess, startEProcess } from './stats/e-process.ts';
import { lnBelowMargin, lnJoined, lnNotWorse } from './stats/non-inferiority.ts';
import { lnGrid, lnRateRatio } from './stats/rate-ratio.ts';
import {
  advanceRelevance,
  NOT_RELEVANT,
  RELEVANT_RATIO,
  type Relevance,
} from './stats/relevance.ts';
import { lnTwoSampleBernoulli, oddsOf } from './stats/two-sample-bernoulli.ts';

/** Events out of requests on two tracks: one rate, or one edge of a histogram. */
export interface Comparison {
  rollback: EProcess;
  /** ln of the relative non-inferiority e-value. */
  lnNotWorse: number;
  relevance: Relevance<Counts>;
  /** All that entered. */
  sum: Counts;
}

/** conditional: rare events, given their number. bernoulli: shares of any size, as at an edge. */
export type Law = 'conditional' | 'bernoulli';

export function startComparison(psiGrid: readonly number[]): Comparison {
  return {
    rollback: startEProcess(psiGrid.length),
    lnNotWorse: 0,
    relevance: NOT_RELEVANT,
    sum: NO_COUNTS,
  };
}

/** What stays the same over a release, for one comparison. */
export interface ComparisonRule {
  law: Law;
  psiGrid: readonly number[];
  /** 1 + the relative margin. */
  marginRatio: number;
  lnMarginRatio: number;
  phi: number;
}

export function advanceComparison(
  before: Comparison,
  counts: Counts,
  rule: ComparisonRule,
  mayStart: boolean,
): Comparison {
  const { phi, psiGrid, law } = rule;
  const odds = law === 'bernoulli' ? oddsOf(before.sum) : null;
  const lnPsis = lnGrid(psiGrid);
  const lnRatios: number[] = [];
  for (let g = 0; g < psiGrid.length; g += 1) {
    lnRatios.push(lnRatioOf(law, counts, psiGrid[g] ?? 1, lnPsis[g] ?? 0, odds) / phi);
  }
  const relevant = lnRatioOf(law, counts, RELEVANT_RATIO, LN_RELEVANT_RATIO, odds);
  return {
    rollback: advance(before.rollback, lnRatios, mayStart),
    lnNotWorse: before.lnNotWorse + lnNotWorse(counts, rule.marginRatio, rule.lnMarginRatio) / phi,
    relevance: advanceRelevance(before.relevance, relevant, counts, addCounts),
    sum: addCounts(before.sum, counts),
  };
}

/** One ratio's ln likelihood ratio by the law; `odds` null: the first interval only teaches. */
function lnRatioOf(
  law: Law,
  counts: Counts,
  psi: number,
  lnPsi: number,
  odds: number | null,
): number {
  if (law === 'conditional') return lnRateRatio(counts, psi, lnPsi);
  return odds === null ? 0 : lnTwoSampleBernoulli(counts, psi, odds);
}

const LN_RELEVANT_RATIO = ln(RELEVANT_RATIO);

/** ln of the promotion's e-value now; `marginAbsolute` 0: the relative margin alone. */
export function lnPromote(comparison: Comparison, marginAbsolute: number, phi: number): number {
  const { candidateEvents, candidateTotal } = comparison.sum;
  const absolute =
    marginAbsolute > 0 ? lnBelowMargin(candidateEvents, candidateTotal, marginAbsolute, phi) : null;
  return lnJoined(comparison.lnNotWorse, absolute);
}
