import { assert, present } from '../../../base/assert.ts';
import { comparedWith, type Interval, type TrackInterval } from '../../evidence/interval.ts';
import type { Metric } from '../settings.ts';
import { metricsFaults } from '../settings-faults.ts';
import { decideKayenta } from './decide.ts';
import { judgementOf } from './judgement.ts';
import { type Point, pointOf } from './point.ts';
import { type KayentaSettings, kayentaFaults, POINTS_MAX } from './settings.ts';
import type { KayentaJudgement, KayentaVerdict } from './verdict.ts';

/**
 * What Kayenta's method remembers. Plain JSON of finite numbers: saved, loaded and continued it
 * gives the same bits. At most POINTS_MAX points a metric and track.
 */
export interface KayentaState {
  v: 1;
  method: 'kayenta';
  /** The last interval seen; -1 before the first. */
  seq: number;
  /** Intervals in which at least one metric was measured, and the last of them (-1: none). */
  pairs: number;
  pairSeq: number;
  metrics: Readonly<Record<string, KayentaPoints>>;
  judgements: number;
  /** The newest judgement, and the first that scored below marginal: the verdict from then on. */
  last: KayentaJudgement | null;
  failed: KayentaJudgement | null;
}

/** The newest intervals, oldest first, both lists of one length; null: not measured. */
export interface KayentaPoints {
  stable: readonly (number | null)[];
  candidate: readonly (number | null)[];
  refused: number;
}

/** Before the first interval. Settings that make no sense are a bug: resolve refuses them first. */
export function startKayenta(settings: KayentaSettings, metrics: readonly Metric[]): KayentaState {
  const faults = [...kayentaFaults(settings), ...metricsFaults(metrics)];
  assert(faults.length === 0, `judge settings: ${faults.join('; ')}`);
  return {
    v: 1,
    method: 'kayenta',
    seq: -1,
    pairs: 0,
    pairSeq: -1,
    metrics: Object.fromEntries(
      metrics.map(({ name }) => [name, { stable: [], candidate: [], refused: 0 }]),
    ),
    judgements: 0,
    last: null,
    failed: null,
  };
}

/**
 * Takes one closed interval, as the judge's own method does: a repeated or older one changes
 * nothing, and only one with both tracks enters. Every so many of them it judges the window, by
 * Kayenta's rule, each time anew: nothing bounds what many looks find by chance.
 */
export function observeKayenta(
  settings: KayentaSettings,
  metrics: readonly Metric[],
  state: KayentaState,
  interval: Interval,
): KayentaState {
  const { seq, candidate } = interval;
  if (seq <= state.seq) return state;
  const stable = comparedWith(interval);
  if (stable === null || candidate === null) return { ...state, seq };
  const points: Record<string, KayentaPoints> = {};
  let entered = false;
  for (const metric of metrics) {
    const before = present(state.metrics[metric.name], `the judge never heard of ${metric.name}`);
    const low = pointOf(metric, measured(stable, metric.name), settings.quantile);
    const high = pointOf(metric, measured(candidate, metric.name), settings.quantile);
    if (low.kind === 'number' || high.kind === 'number') entered = true;
    points[metric.name] = extended(settings, before, low, high);
  }
  // An interval in which nothing was measured is none of the window's; what was refused is told.
  if (!entered) return { ...state, seq, metrics: withRefused(state.metrics, points) };
  const pairs = state.pairs + 1;
  const next: KayentaState = { ...state, seq, pairs, pairSeq: seq, metrics: points };
  return pairs % settings.everyIntervals === 0 ? judged(settings, metrics, next) : next;
}

function judged(
  settings: KayentaSettings,
  metrics: readonly Metric[],
  state: KayentaState,
): KayentaState {
  const { seq, pairs } = state;
  const intervals = Math.min(pairs, lengthMax(settings));
  const clipped = settings.windowIntervals === null && pairs > POINTS_MAX;
  const last = judgementOf(settings, metrics, state.metrics, { seq, intervals, clipped });
  const isFailed = last.score !== null && last.score < settings.marginal;
  const failed = state.failed ?? (isFailed ? last : null);
  return { ...state, judgements: state.judgements + 1, last, failed };
}

/** The verdict now, with every number that shaped it. */
export function judgeKayenta(
  settings: KayentaSettings,
  metrics: readonly Metric[],
  state: KayentaState,
): KayentaVerdict {
  return decideKayenta(settings, metrics, state);
}

function lengthMax({ windowIntervals }: KayentaSettings): number {
  return windowIntervals ?? POINTS_MAX;
}

function extended(
  settings: KayentaSettings,
  before: KayentaPoints,
  low: Point,
  high: Point,
): KayentaPoints {
  const from = before.stable.length < lengthMax(settings) ? 0 : 1;
  const numberOf = (point: Point): number | null => (point.kind === 'number' ? point.value : null);
  const isRefused = low.kind === 'refused' || high.kind === 'refused';
  return {
    stable: [...before.stable.slice(from), numberOf(low)],
    candidate: [...before.candidate.slice(from), numberOf(high)],
    refused: before.refused + (isRefused ? 1 : 0),
  };
}

function withRefused(
  before: KayentaState['metrics'],
  after: KayentaState['metrics'],
): KayentaState['metrics'] {
  return Object.fromEntries(
    Object.entries(before).map(([name, points]) => {
      return [name, { ...points, refused: after[name]?.refused ?? points.refused }];
    }),
  );
}

/** Only what the interval itself holds: a metric may be named like a property of every object. */
function measured(
  track: TrackInterval,
  name: string,
): TrackInterval['metrics'][string] | undefined {
  return Object.hasOwn(track.metrics, name) ? track.metrics[name] : undefined;
}
