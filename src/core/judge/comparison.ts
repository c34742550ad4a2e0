import { ln } from '../../base/math.ts';
import { addCounts, type Counts, NO_COUNTS } from './stats/counts.ts';
import { advance, type EProcess, startEProcess } from './stats/e-process.ts';
import {
  advanceBelow,
  type BelowMargin,
  lnBelow,
  lnJoined,
  lnNotWorse,
  NOTHING_BELOW,
} from './stats/non-inferiority.ts';
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
  /** Absolute non-inferiority; null where the comparison has no absolute margin. */
  below: BelowMargin | null;
  relevance: Relevance<Counts>;
  /** All that entered. */
  sum: Counts;
}

/** conditional: rare events, given their number. bernoulli: shares of any size, as at an edge. */
type Law = 'conditional' | 'bernoulli';

export function startComparison(psiGrid: readonly number[], marginAbsolute: number): Comparison {
  return {
    rollback: startEProcess(psiGrid.length),
    lnNotWorse: 0,
    below: marginAbsolute > 0 ? NOTHING_BELOW : null,
    relevance: NOT_RELEVANT,
    sum: NO_COUNTS,
  };
}

/** How one comparison is made; all but phi stays the same over a release. */
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
  const { eC, nC } = counts;
  const odds = law === 'bernoulli' ? oddsOf(before.sum) : null;
  const lnPsis = lnGrid(psiGrid);
  const untempered: number[] = [];
  const lnRatios: number[] = [];
  for (let g = 0; g < psiGrid.length; g += 1) {
    const lnRatio = lnRatioOf(law, counts, psiGrid[g] ?? 1, lnPsis[g] ?? 0, odds);
    untempered.push(lnRatio);
    lnRatios.push(lnRatio / phi);
  }
  // Untempered: it says since when there is an excess, not whether. Nearly always one of the grid.
  const relevant =
    untempered[psiGrid.indexOf(RELEVANT_RATIO)] ??
    lnRatioOf(law, counts, RELEVANT_RATIO, LN_RELEVANT_RATIO, odds);
  return {
    rollback: advance(before.rollback, lnRatios, mayStart),
    lnNotWorse: before.lnNotWorse + lnNotWorse(counts, rule.marginRatio, rule.lnMarginRatio) / phi,
    below: before.below && advanceBelow(before.below, eC, nC, phi),
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

/** ln of the promotion's e-value now: E = (E_rel + E_abs) / 2. */
export function lnPromote(
  { lnNotWorse: lnRelative, below }: Comparison,
  marginAbsolute: number,
): number {
  return lnJoined(lnRelative, below === null ? null : lnBelow(below, marginAbsolute));
}
