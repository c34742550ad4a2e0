import { present } from '../../base/assert.ts';
import { comparedWith, type Interval } from '../evidence/interval.ts';
import { type JudgeState, judge, observe, startJudge } from './judge.ts';
import type { MetricState } from './metric-state.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import {
  advanceRatio,
  NO_RATIO,
  type RatioInterval,
  type RatioLikelihood,
  ratioInterval,
} from './stats/ratio-interval.ts';
import { comparisonsOf, countsOf, isExchanged, trackCounts } from './track-counts.ts';
import type { Verdict } from './verdict.ts';

/** How a comparison went: its verdict, and every step on the way that a picture needs. */
export interface Course {
  verdict: Verdict;
  state: JudgeState;
  /** The interval that crossed the bound, else the newest; and the state it came upon. */
  deciding: { interval: Interval; before: JudgeState } | null;
  points: readonly CoursePoint[];
  ratios: Readonly<Record<string, MetricRatio>>;
}

/** Of the comparison that the verdict shows of a metric. */
export interface MetricRatio extends RatioInterval {
  /** A rate whose fall is worse is compared by its misses. */
  of: 'events' | 'misses';
  /** Upper edge of a histogram's comparison; null for other kinds. */
  edge: number | null;
}

/** Natural logarithms of e-values after an interval. */
export interface CoursePoint {
  seq: number;
  endMs: number;
  kind: Verdict['kind'];
  lnE: number;
  /** Of what is above its floor, which alone rolls back; null: nothing is. */
  lnERelevant: number | null;
  metrics: readonly { metric: string; lnE: number; lnEPromote: number | null }[];
}

/** So many points are enough for any picture. */
const POINTS_MAX = 2_000;
/** Of the interval around the ratio; always valid, whenever one looks. */
const ALPHA_RATIO = 0.05;

/**
 * Judges intervals from the first to the last, exactly as a promotion does. Long courses keep every
 * n-th point, and always the crossing and the last.
 */
export function follow(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  intervals: readonly Interval[],
): Course {
  const every = Math.ceil(intervals.length / POINTS_MAX);
  const points: CoursePoint[] = [];
  const likelihoods = new Map<string, RatioLikelihood[]>();
  let state = startJudge(settings, metrics);
  let deciding: Course['deciding'] = null;
  intervals.forEach((interval, index) => {
    const before = state;
    state = observe(settings, metrics, state, interval, interval.candidatePct);
    if (state.seq === before.seq) return;
    if (before.crossed === null) deciding = { interval, before };
    for (const metric of metrics) learnRatio(likelihoods, metric, before, state, interval);
    const crossed = state.crossed !== null && before.crossed === null;
    if (index % every === 0 || crossed || index === intervals.length - 1) {
      points.push(pointOf(judge(settings, metrics, state), interval));
    }
  });
  const verdict = judge(settings, metrics, state);
  return {
    verdict,
    state,
    deciding,
    points,
    ratios: ratiosOf(metrics, verdict, likelihoods),
  };
}

function pointOf(verdict: Verdict, { seq, endMs }: Interval): CoursePoint {
  const { kind, lnE, lnERelevant, metrics } = verdict;
  const byMetric = metrics.map(({ metric, lnE: own, lnEPromote }) => {
    return { metric, lnE: own, lnEPromote };
  });
  return { seq, endMs, kind, lnE, lnERelevant, metrics: byMetric };
}

/** What entered the judge enters here, with the phi that was in force there. */
function learnRatio(
  likelihoods: Map<string, RatioLikelihood[]>,
  metric: Metric,
  before: JudgeState,
  after: JudgeState,
  interval: Interval,
): void {
  const { name } = metric;
  const state = stateOf(after, name);
  if (state.pairs === stateOf(before, name).pairs || state.body.kind !== 'counted') return;
  const low = comparedWith(interval)?.metrics[name];
  const high = interval.candidate?.metrics[name];
  const lowCounts = low === undefined ? null : trackCounts(metric, low);
  const highCounts = high === undefined ? null : trackCounts(metric, high);
  if (lowCounts === null || highCounts === null) return;
  const { phis } = state.body;
  const known =
    likelihoods.get(name) ?? Array.from({ length: comparisonsOf(metric) }, () => NO_RATIO);
  likelihoods.set(
    name,
    known.map((likelihood, index) =>
      advanceRatio(likelihood, countsOf(metric, index, lowCounts, highCounts), phis[index] ?? 1),
    ),
  );
}

function stateOf(state: JudgeState, name: string): MetricState {
  return present(state.metrics[name], `the judge never heard of ${name}`);
}

/**
 * At the comparison that the verdict shows of the metric. Which edge of a histogram that is was chosen
 * by what was seen, so each edge has its part of alpha alone.
 */
function ratiosOf(
  metrics: readonly Metric[],
  verdict: Verdict,
  likelihoods: ReadonlyMap<string, readonly RatioLikelihood[]>,
): Record<string, MetricRatio> {
  const ratios: Record<string, MetricRatio> = {};
  for (const metric of metrics) {
    const shown = verdict.metrics.find((one) => one.metric === metric.name);
    const index = shown?.edge == null ? 0 : metric.edges.indexOf(shown.edge);
    const likelihood = likelihoods.get(metric.name)?.[index];
    if (likelihood === undefined || isExchanged(metric, index)) continue;
    const alpha = metric.kind === 'histogram' ? ALPHA_RATIO / metric.edges.length : ALPHA_RATIO;
    const isMisses = metric.kind === 'rate' && metric.worse === 'lower';
    ratios[metric.name] = {
      ...ratioInterval(likelihood, alpha),
      of: isMisses ? 'misses' : 'events',
      edge: shown?.edge ?? null,
    };
  }
  return ratios;
}
