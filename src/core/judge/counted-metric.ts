import { ln } from '../../base/math.ts';
import type { Measurement } from '../evidence/interval.ts';
import {
  advanceComparison,
  type Comparison,
  type ComparisonRule,
  startComparison,
} from './comparison.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { advanceDispersion, type Dispersion, phiOf, startDispersion } from './stats/dispersion.ts';
import { comparisonsOf, countsOf, type TrackCounts, trackCounts } from './track-counts.ts';

/** A rate, or a histogram with one comparison at each edge. */
export interface CountedState {
  kind: 'counted';
  comparisons: readonly Comparison[];
  /** By comparison, frozen when the first pair enters; empty until then. */
  phis: readonly number[];
  /** Stable alone, by comparison, until phi is frozen; empty where phi is assumed. */
  dispersions: readonly Dispersion[];
  /** Intervals of stable that phi rests on; 0 where it is assumed. */
  phiIntervals: number;
}

export function startCounted(settings: JudgeSettings, metric: Metric): CountedState {
  const count = comparisonsOf(metric);
  const { dispersion } = settings;
  return {
    kind: 'counted',
    comparisons: Array.from({ length: count }, () => startComparison(settings.psiGrid)),
    phis: dispersion.kind === 'assumed' ? new Array<number>(count).fill(dispersion.phi) : [],
    dispersions:
      dispersion.kind === 'assumed'
        ? []
        : Array.from({ length: count }, () => startDispersion(dispersion.blocks)),
    phiIntervals: 0,
  };
}

/** What an interval did to a metric: it entered as a pair, it could not be used, or it was absent. */
export type Entry = 'entered' | 'refused' | 'absent';

/**
 * One interval: as a pair, or not at all. Before phi is known a pair is not compared; stable's side
 * of it still counts towards phi, so that a comparison only ever uses a phi from its past.
 */
export function observeCounted(
  settings: JudgeSettings,
  metric: Metric,
  before: CountedState,
  stable: Measurement | undefined,
  candidate: Measurement | undefined,
  mayStart: boolean,
): { state: CountedState; entry: Entry } {
  const low = stable === undefined ? null : trackCounts(metric, stable);
  const high = candidate === undefined ? null : trackCounts(metric, candidate);
  const refused =
    (stable !== undefined && low === null) || (candidate !== undefined && high === null);
  const pair = low !== null && high !== null;
  const known = pair ? freezePhi(settings, metric, before) : before;
  if (pair && known.phis.length > 0) {
    return { state: compare(settings, metric, known, low, high, mayStart), entry: 'entered' };
  }
  const state = low === null ? before : learnPhi(settings, before, low);
  return { state, entry: refused ? 'refused' : 'absent' };
}

/** phi from stable's past, once that is long enough. */
function freezePhi(settings: JudgeSettings, metric: Metric, before: CountedState): CountedState {
  const { dispersion } = settings;
  if (before.phis.length > 0 || dispersion.kind === 'assumed') return before;
  if (before.phiIntervals < dispersion.intervalsMin) return before;
  const variance = metric.kind === 'rate' ? 'poisson' : 'bernoulli';
  const phis = before.dispersions.map((one) => phiOf(one, variance));
  return { ...before, phis, dispersions: [] };
}

function learnPhi(settings: JudgeSettings, before: CountedState, low: TrackCounts): CountedState {
  const { dispersion } = settings;
  if (before.phis.length > 0 || dispersion.kind === 'assumed') return before;
  const dispersions = before.dispersions.map((one, index) =>
    advanceDispersion(one, dispersion.blocks, low.events[index] ?? 0, low.total),
  );
  return { ...before, dispersions, phiIntervals: before.phiIntervals + 1 };
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
  for (let index = 0; index < before.comparisons.length; index += 1) {
    const one = before.comparisons[index];
    if (one === undefined) continue;
    rule.phi = before.phis[index] ?? 1;
    const counts = countsOf(metric, index, stable, candidate);
    comparisons.push(advanceComparison(one, counts, rule, mayStart));
  }
  return { ...before, comparisons };
}
