import { ln, lnSumExp } from '../../base/math.ts';
import { lnPromote } from './comparison.ts';
import { comparisonsIn } from './comparison-columns.ts';
import {
  type CountedState,
  type Entry,
  observeCounted,
  type PairOfTracks,
  startCounted,
} from './counted-metric.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { excessShare } from './stats/counts.ts';
import { lnHybrid, lnHybridAtMost, lnMean } from './stats/e-process.ts';
import { excessPart, observeValue, startValue, type ValueState } from './value-metric.ts';

/** What the judge remembers of one metric. Plain JSON, finite numbers only. */
export interface MetricState {
  /** Intervals that entered, and those that could not be what they said. */
  pairs: number;
  refused: number;
  /** The last interval that entered; -1 before the first. */
  lastSeq: number;
  body: CountedState | ValueState;
}

export function startMetric(settings: JudgeSettings, metric: Metric): MetricState {
  const body = metric.kind === 'value' ? startValue() : startCounted(settings, metric);
  return { pairs: 0, refused: 0, lastSeq: -1, body };
}

/** What is the same for all metrics of an interval. */
export interface Moment {
  seq: number;
  /** Both tracks carry the same load. */
  equalSize: boolean;
  /** Restarts may begin: the horizon is not spent. */
  mayStart: boolean;
}

export function observeMetric(
  settings: JudgeSettings,
  metric: Metric,
  before: MetricState,
  tracks: PairOfTracks,
  moment: Moment,
): MetricState {
  const { stable, candidate } = tracks;
  const { body } = before;
  const { state, entry }: { state: MetricState['body']; entry: Entry } =
    body.kind === 'value'
      ? observeValue(metric, body, stable, candidate, moment.equalSize, moment.mayStart)
      : observeCounted(settings, metric, body, tracks, moment.mayStart);
  if (entry === 'absent' && state === body) return before;
  return {
    pairs: before.pairs + (entry === 'entered' ? 1 : 0),
    refused: before.refused + (entry === 'refused' ? 1 : 0),
    lastSeq: entry === 'entered' ? moment.seq : before.lastSeq,
    body: state,
  };
}

/** One comparison's rollback evidence: a rate, one edge, or the values. */
export interface Part {
  lnE: number;
  /** Above stable, over the window of relevance; null while there is none. */
  excess: number | null;
}

export function partsOf(body: MetricState['body'], horizon: number): readonly Part[] {
  if (body.kind === 'value') {
    const { since } = body.relevance;
    const excess = since === null ? null : excessPart(since);
    return [{ lnE: lnHybrid(body.rollback, horizon), excess }];
  }
  return comparisonsIn(body.comparisons).map(({ rollback, relevance }) => ({
    lnE: lnHybrid(rollback, horizon),
    excess: relevance.since === null ? null : excessShare(relevance.since),
  }));
}

/** ln of the mean e-value over the comparisons. */
export function lnRollback(parts: readonly Part[]): number {
  return lnSumExp(parts.map(({ lnE }) => lnE)) - ln(parts.length);
}

/** The same, of the comparisons above the floor alone; -Infinity when there is none. */
export function lnRelevant(parts: readonly Part[], floor: number): number {
  const above = parts.filter(({ excess }) => excess !== null && excess > floor);
  if (above.length === 0) return -Infinity;
  return lnSumExp(above.map(({ lnE }) => lnE)) - ln(parts.length);
}

/** Never below the metric's ln e-value for rollback, and quick. */
export function lnRollbackAtMost(body: MetricState['body'], lnHorizon: number): number {
  if (body.kind === 'value') return lnHybridAtMost(body.rollback, lnHorizon);
  let most = -Infinity;
  const { lnE, lnRestart } = body.comparisons;
  for (let index = 0; index < lnE.length; index += 1) {
    const rollback = { lnE: lnE[index] ?? [], lnRestart: lnRestart[index] ?? [] };
    const one = lnHybridAtMost(rollback, lnHorizon);
    if (one > most) most = one;
  }
  return most;
}

/**
 * ln of the e-value for promotion now, and the comparison that holds it back: the least of all,
 * since the candidate has to be shown not worse at every edge. 0 where nothing has entered.
 */
export function lnPromotion(
  body: MetricState['body'],
  marginAbsolute: number,
): { lnE: number; comparison: number } {
  if (body.kind === 'value') return { lnE: lnMean(body.promote), comparison: 0 };
  let least = { lnE: Infinity, comparison: 0 };
  comparisonsIn(body.comparisons).forEach((one, comparison) => {
    const lnE = lnPromote(one, marginAbsolute);
    if (lnE < least.lnE) least = { lnE, comparison };
  });
  return least;
}
