import { present } from '../../base/assert.ts';
import { ln } from '../../base/math.ts';
import type { JudgeState } from './judge.ts';
import { lnRelevant, partsOf } from './metric-state.ts';
import { metricVerdict } from './metric-verdict.ts';
import { reasonOf } from './reason.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { lnCombined } from './stats/combine.ts';
import type { MetricVerdict, Verdict } from './verdict.ts';

/**
 * The verdict of a state. A crossing stands for ever, whatever the split. Promotion needs every
 * required metric shown not worse in the newest interval, and a split that was measured and held:
 * never having been rejected shows nothing.
 */
export function decide(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  state: JudgeState,
): Verdict {
  const found = metrics.map((metric) =>
    metricVerdict(settings, metric, stateOf(state, metric), state.seq),
  );
  const elapsed = state.firstSeq === null ? 0 : state.seq - state.firstSeq + 1;
  const numbers: Omit<Verdict, 'kind' | 'reason'> = {
    seq: state.pairSeq,
    pairs: state.pairs,
    ...(state.freshPairs === undefined ? {} : { freshPairs: state.freshPairs }),
    lnE: combinedNow(found),
    lnEThreshold: -ln(settings.alpha),
    lnERelevant: relevantNow(settings, metrics, state),
    crossedSeq: state.crossed === null ? null : state.crossed.seq,
    metrics: found,
    split: splitNumbers(settings, state),
    aa: state.aa === null ? null : { lnE: state.aa.lnMost, trippedSeq: state.aa.trippedSeq },
    phi: largestPhi(found),
    phiSource: settings.dispersion.kind,
    elapsedIntervals: elapsed,
    horizonIntervals: settings.horizonIntervals,
    horizonSpent: elapsed > settings.horizonIntervals,
  };
  return { ...reasonOf(settings, state, numbers), ...numbers };
}

function stateOf(state: JudgeState, { name }: Metric): JudgeState['metrics'][string] {
  return present(state.metrics[name], `the judge never heard of ${name}`);
}

/** Where no metric acts the e-value stays what it is before any evidence: 1. */
function combinedNow(metrics: readonly MetricVerdict[]): number {
  const acting = metrics.filter(({ advisory }) => !advisory);
  return acting.length === 0 ? 0 : lnCombined(acting);
}

function relevantNow(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  state: JudgeState,
): number | null {
  const parts = metrics
    .filter(({ advisory }) => !advisory)
    .map((metric) => ({
      weight: metric.weight,
      lnE: lnRelevant(
        partsOf(stateOf(state, metric).body, settings.horizonIntervals),
        metric.relevanceFloor,
      ),
    }));
  const lnE = lnCombined(parts);
  return lnE === -Infinity ? null : lnE;
}

function splitNumbers(settings: JudgeSettings, { split, pairSeq }: JudgeState): Verdict['split'] {
  const { total, expected, candidate, lnMost } = split;
  const lnEThreshold = -ln(settings.alphaSplit);
  return {
    expectedPct: total === 0 ? null : (100 * expected) / total,
    observedPct: total === 0 ? null : (100 * candidate) / total,
    requests: total,
    intervals: split.intervals,
    current: split.lastSeq >= pairSeq,
    metric: settings.splitMetric ?? null,
    lnE: lnMost,
    lnEThreshold,
    tripped: lnMost >= lnEThreshold,
  };
}

function largestPhi(metrics: readonly MetricVerdict[]): number | null {
  let largest: number | null = null;
  for (const { phi } of metrics) {
    if (phi !== null && (largest === null || phi > largest)) largest = phi;
  }
  return largest;
}
