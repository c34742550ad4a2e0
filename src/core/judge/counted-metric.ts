import { ln } from '../../base/math.ts';
import type { Measurement } from '../evidence/interval.ts';
import {
  advanceComparison,
  type Comparison,
  type ComparisonRule,
  startComparison,
} from './comparison.ts';
import { type ComparisonColumns, columnsOf, comparisonsIn } from './comparison-columns.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { advanceDispersion, type Dispersion, phiOf, startDispersion } from './stats/dispersion.ts';
import {
  comparisonsOf,
  countsOf,
  isExchanged,
  type TrackCounts,
  trackCounts,
} from './track-counts.ts';

/** A rate, or a histogram with one comparison at each edge. */
export interface CountedState {
  kind: 'counted';
  comparisons: ComparisonColumns;
  /** By comparison, in force at the last pair; empty before the first where they are measured. */
  phis: readonly number[];
  /** Stable's own variation so far; null where phi is assumed. */
  dispersion: Dispersion | null;
}

export function startCounted(settings: JudgeSettings, metric: Metric): CountedState {
  const count = comparisonsOf(metric);
  const { dispersion, psiGrid } = settings;
  const assumed = dispersion.kind === 'assumed';
  return {
    kind: 'counted',
    comparisons: columnsOf(
      Array.from({ length: count }, (_, index) =>
        startComparison(psiGrid, marginAbsoluteOf(metric, index)),
      ),
    ),
    phis: assumed ? new Array<number>(count).fill(dispersion.phi) : [],
    dispersion: assumed ? null : startDispersion(dispersion.blocks, count),
  };
}

/** A share of requests says nothing of hits that fall. */
function marginAbsoluteOf(metric: Metric, comparison: number): number {
  return isExchanged(metric, comparison) ? 0 : metric.marginAbsolute;
}

/** One metric of an interval; undefined: not measured. */
export interface PairOfTracks {
  /** What the candidate is compared with: stable, or a fresh baseline of it. */
  stable: Measurement | undefined;
  candidate: Measurement | undefined;
  /** Stable itself, whose variation is learnt. */
  own: Measurement | undefined;
}

/** What an interval did to a metric: it entered as a pair, it could not be used, or it was absent. */
export type Entry = 'entered' | 'refused' | 'absent';

/**
 * One interval: as a pair, or not at all. phi is that of stable's past, this interval not among it;
 * before the past is long enough a pair is not compared. Stable's side counts towards phi in any
 * case: it goes on growing surer, and nothing the candidate does can move it.
 */
export function observeCounted(
  settings: JudgeSettings,
  metric: Metric,
  before: CountedState,
  { stable, candidate, own }: PairOfTracks,
  mayStart: boolean,
): { state: CountedState; entry: Entry } {
  const low = stable === undefined ? null : trackCounts(metric, stable);
  const high = candidate === undefined ? null : trackCounts(metric, candidate);
  const past = own === undefined || own === stable ? low : trackCounts(metric, own);
  const refused =
    (stable !== undefined && low === null) || (candidate !== undefined && high === null);
  const phis = low === null || high === null ? null : phisNow(settings, metric, before, low.total);
  if (low === null || high === null || phis === null) {
    return { state: learn(settings, before, past), entry: refused ? 'refused' : 'absent' };
  }
  const state = compare(settings, metric, { ...before, phis }, low, high, mayStart);
  return { state: learn(settings, state, past), entry: 'entered' };
}

/**
 * By comparison; null while stable's past is too short to tell. What varies with the service and not
 * by chance grows with the volume: in an interval busier than the past was on average it counts for
 * more, else the day's peak would be held against the day's mean. A quieter one is not believed more.
 */
function phisNow(
  settings: JudgeSettings,
  metric: Metric,
  { phis, dispersion, comparisons }: CountedState,
  total: number,
): readonly number[] | null {
  const { dispersion: rule } = settings;
  if (rule.kind === 'assumed' || dispersion === null) return phis;
  if (dispersion.intervals < rule.intervalsMin) return null;
  const variance = metric.kind === 'rate' ? 'poisson' : 'bernoulli';
  const busier = Math.max(1, (total * dispersion.intervals) / dispersion.total);
  return comparisons.sum.map((_, index) => {
    return 1 + (phiOf(dispersion, rule.blocks, index, variance) - 1) * busier;
  });
}

function learn(
  settings: JudgeSettings,
  state: CountedState,
  past: TrackCounts | null,
): CountedState {
  const { dispersion: rule } = settings;
  if (past === null || rule.kind === 'assumed' || state.dispersion === null) return state;
  const dispersion = advanceDispersion(state.dispersion, rule.blocks, past.events, past.total);
  return { ...state, dispersion };
}

function compare(
  settings: JudgeSettings,
  metric: Metric,
  before: CountedState,
  stable: TrackCounts,
  candidate: TrackCounts,
  mayStart: boolean,
): CountedState {
  const rule: ComparisonRule = {
    law: metric.kind === 'rate' ? 'conditional' : 'bernoulli',
    psiGrid: settings.psiGrid,
    marginRatio: 1 + metric.marginRelative,
    lnMarginRatio: ln(1 + metric.marginRelative),
    phi: 1,
  };
  const comparisons: Comparison[] = [];
  for (const [index, one] of comparisonsIn(before.comparisons).entries()) {
    rule.phi = before.phis[index] ?? 1;
    const counts = countsOf(metric, index, stable, candidate);
    comparisons.push(advanceComparison(one, counts, rule, mayStart));
  }
  return { ...before, comparisons: columnsOf(comparisons) };
}
