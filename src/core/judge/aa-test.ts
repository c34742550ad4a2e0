import { present } from '../../base/assert.ts';
import { ln, lnSumExp } from '../../base/math.ts';
import type { Measurement, TrackInterval } from '../evidence/interval.ts';
import type { MetricState } from './metric-state.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import type { Counts } from './stats/counts.ts';
import { advance, type EProcess, lnHybrid, startEProcess } from './stats/e-process.ts';
import { lnGrid, lnRateRatio } from './stats/rate-ratio.ts';
import { comparisonsOf, countsOf, trackCounts } from './track-counts.ts';

/**
 * Stable against itself: the same comparison between two halves of its instances. Equals that can
 * be told apart mean that the instances vary by more than the dispersion in force allows, and that
 * a difference between stable and the candidate says nothing either.
 */
export interface AaTest {
  /** ln of the largest e-value so far, and the interval at which it reached 1/alpha; null: never. */
  lnMost: number;
  trippedSeq: number | null;
  /** By metric, then by comparison: the first half worse than the second, and the other way round. */
  metrics: Readonly<Record<string, readonly (readonly [EProcess, EProcess])[]>>;
}

export type Halves = readonly [TrackInterval, TrackInterval];

/**
 * One interval's two halves; null before there are any. Rates and histograms count, by the test of
 * rates at each edge, at the phi that is in force for the candidate; a metric without phi waits.
 */
export function advanceAaTest(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  before: AaTest | null,
  halves: Halves | null,
  moment: { seq: number; mayStart: boolean },
  states: Readonly<Record<string, MetricState>>,
): AaTest | null {
  if (halves === null) return before;
  const processes: Record<string, readonly (readonly [EProcess, EProcess])[]> = {};
  for (const metric of metrics) {
    // What decides nothing may not bar what does.
    const decides = !metric.advisory && (metric.weight > 0 || metric.required);
    if (metric.kind === 'value' || !decides) continue;
    const known = before?.metrics[metric.name] ?? startPairs(settings, metric);
    const state = present(states[metric.name], `the judge never heard of ${metric.name}`);
    const phis = state.body.kind === 'counted' ? state.body.phis : [];
    processes[metric.name] = advancePairs(settings, metric, known, halves, phis, moment.mayStart);
  }
  const lnE = lnMeanOf(processes, settings.horizonIntervals);
  const trips = lnE >= -ln(settings.alpha);
  return {
    lnMost: Math.max(before?.lnMost ?? 0, lnE),
    trippedSeq: before?.trippedSeq ?? (trips ? moment.seq : null),
    metrics: processes,
  };
}

function startPairs(settings: JudgeSettings, metric: Metric): (readonly [EProcess, EProcess])[] {
  const start = startEProcess(settings.psiGrid.length);
  return Array.from({ length: comparisonsOf(metric) }, () => [start, start] as const);
}

function advancePairs(
  settings: JudgeSettings,
  metric: Metric,
  before: readonly (readonly [EProcess, EProcess])[],
  halves: Halves,
  phis: readonly number[],
  mayStart: boolean,
): readonly (readonly [EProcess, EProcess])[] {
  const [first, second] = halves.map((half) => countedIn(metric, half));
  if (first === null || second === null || first === undefined || second === undefined) {
    return before;
  }
  return before.map(([up, down], index) => {
    const phi = phis[index];
    if (phi === undefined) return [up, down] as const;
    const one = countsOf(metric, index, first, second);
    const other = countsOf(metric, index, second, first);
    return [
      advance(up, lnRatios(settings, one, phi), mayStart),
      advance(down, lnRatios(settings, other, phi), mayStart),
    ] as const;
  });
}

function countedIn(metric: Metric, half: TrackInterval): ReturnType<typeof trackCounts> {
  const measured: Measurement | undefined = Object.hasOwn(half.metrics, metric.name)
    ? half.metrics[metric.name]
    : undefined;
  return measured === undefined ? null : trackCounts(metric, measured);
}

function lnRatios({ psiGrid }: JudgeSettings, counts: Counts, phi: number): number[] {
  const lnPsis = lnGrid(psiGrid);
  return psiGrid.map((psi, g) => lnRateRatio(counts, psi, lnPsis[g] ?? 0) / phi);
}

/** A mean of e-values is an e-value, however they depend on one another. */
function lnMeanOf(metrics: AaTest['metrics'], horizon: number): number {
  const byMetric = Object.keys(metrics)
    .sort()
    .map((name) => {
      const pairs = metrics[name] ?? [];
      const parts = pairs.flatMap((pair) => pair.map((one) => lnHybrid(one, horizon)));
      return lnSumExp(parts) - ln(parts.length);
    });
  return byMetric.length === 0 ? 0 : lnSumExp(byMetric) - ln(byMetric.length);
}
