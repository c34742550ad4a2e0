import { present } from '../../../base/assert.ts';
import { type Prng, prng } from '../../../base/prng.ts';
import type { Interval } from '../../evidence/interval.ts';
import { type JudgeState, judge, observe, startJudge } from '../judge.ts';
import type { JudgeSettings, Metric } from '../settings.ts';
import { type Assumed, drawMeasurement } from './draw.ts';
import { type Stretch, type Stride, stridesOf } from './road.ts';

/** What one metric can show on a road, by trying it out with the judge itself. */
export interface MetricForecast {
  metric: string;
  base: number;
  /** An equal candidate: intervals until half of the releases show it not worse; null: never half. */
  promoteIntervals: number | null;
  /** Share of equal candidates that are shown not worse when a judged stretch may be left, or later in it. */
  promoted: readonly { phase: string; share: number }[];
  /** A candidate so many times worse from the start: intervals until half are found. */
  found: readonly { ratio: number; intervals: number | null }[];
  /** The least of the ratios below that nine of ten releases find on the road; null: none. */
  smallestRatio: number | null;
}

export interface ForecastRule {
  settings: JudgeSettings;
  /** Requests an interval, both tracks together. */
  requests: number;
  stretches: readonly Stretch[];
}

const RELEASES = { rate: 80, histogram: 40, value: 0 } as const;
const HISTORIES = 5;
const SEED = 20_260;
const SHOWN: readonly number[] = [1.1, 1.25, 2];
const RATIOS: readonly number[] = [
  1.05, 1.1, 1.15, 1.2, 1.25, 1.35, 1.5, 1.75, 2, 2.5, 3, 4, 5, 7, 10,
];
const NEARLY_ALL = 0.9;
const LEAST_WEIGHT = 1e-300;

/**
 * Plays releases of one metric under an assumed base through the judge: seeded, so that the same
 * plan gives the same numbers. The other metrics are taken to show nothing.
 */
export function forecast(rule: ForecastRule, metric: Metric, assumed: Assumed): MetricForecast {
  // Alone, with its own share of the budget: the others' evidence stays that of no evidence.
  const alone = { ...metric, weight: 1 };
  // Without a weight it rolls nothing back; what it shows for promotion has a budget of its own.
  const share = metric.weight > 0 ? metric.weight : LEAST_WEIGHT;
  const settings = { ...rule.settings, alpha: rule.settings.alpha * share };
  const own = { ...rule, settings };
  const histories = Array.from({ length: HISTORIES }, (_, i) => {
    return historyOf(own, alone, assumed, prng(SEED - 1 - i));
  });
  // What was learned stays in force: a stride of many intervals is no busy hour.
  const known: ForecastRule = {
    ...own,
    settings: { ...settings, dispersion: { kind: 'assumed', phi: 1 } },
  };
  const strides = stridesOf(rule.stretches);
  const releases = RELEASES[metric.kind];
  const rests = settings.dispersion.kind === 'assumed' ? own : known;
  const play = (ratio: number): Played[] =>
    Array.from({ length: releases }, (_, i) => {
      const before = present(histories[i % HISTORIES], 'a history');
      return playRelease(rests, alone, assumed, { strides, before }, prng(SEED + i), ratio);
    });
  const equal = play(1);
  const judged = rule.stretches.flatMap(({ phase, judged: isJudged }, index) => {
    if (!isJudged) return [];
    const shown = equal.filter(({ shownAtEnd }) => shownAtEnd.includes(index)).length;
    return [{ phase, share: shown / releases }];
  });
  const found = SHOWN.map((ratio) => {
    return { ratio, intervals: median(play(ratio).map(({ crossedAt }) => crossedAt)) };
  });
  return {
    metric: metric.name,
    base: assumed.base,
    promoteIntervals: median(equal.map(({ shownAt }) => shownAt)),
    promoted: judged,
    found,
    smallestRatio: smallest(play, NEARLY_ALL * releases),
  };
}

interface Played {
  crossedAt: number | null;
  shownAt: number | null;
  /** Stretches at whose end it was shown not worse. */
  shownAtEnd: readonly number[];
}

function playRelease(
  { settings, requests, stretches }: ForecastRule,
  metric: Metric,
  assumed: Assumed,
  { strides, before }: { strides: readonly Stride[]; before: JudgeState },
  random: Prng,
  ratio: number,
): Played {
  const metrics = [metric];
  let state = before;
  let shownAt: number | null = null;
  const shownAtEnd: number[] = [];
  for (const stride of strides) {
    const seq = state.seq + 1;
    const both = requests * stride.intervals;
    const interval = intervalOf(random, metric, assumed, both, stride.weightPct, seq, ratio);
    state = observe(settings, metrics, state, interval, stride.weightPct);
    if (state.crossed !== null) return { crossedAt: stride.elapsed, shownAt, shownAtEnd };
    const mayLeave =
      stride.mayLeave &&
      stretches[stride.stretch]?.judged === true &&
      !shownAtEnd.includes(stride.stretch);
    if (ratio !== 1 || (shownAt !== null && !mayLeave)) continue;
    if (!isShown(settings, metrics, state)) continue;
    shownAt ??= stride.elapsed;
    if (mayLeave) shownAtEnd.push(stride.stretch);
  }
  return { crossedAt: null, shownAt, shownAtEnd };
}

function isShown(settings: JudgeSettings, metrics: readonly Metric[], state: JudgeState): boolean {
  const [one] = judge(settings, metrics, state).metrics;
  return one?.lnEPromote != null && one.lnEPromote >= one.lnEPromoteThreshold;
}

function intervalOf(
  random: Prng,
  metric: Metric,
  assumed: Assumed,
  both: number,
  weightPct: number,
  seq: number,
  ratio: number,
): Interval {
  const draw = (requests: number, worse: number): Interval['stable'] => {
    const { total, measurement } = drawMeasurement(random, metric, assumed, requests, worse);
    return { up: true, requests: total, metrics: { [metric.name]: measurement } };
  };
  return {
    ...{ seq, startMs: seq, endMs: seq + 1, candidatePct: weightPct },
    stable: draw((both * (100 - weightPct)) / 100, 1),
    candidate: weightPct === 0 ? null : draw((both * weightPct) / 100, ratio),
  };
}

/**
 * The state before the first comparison. Where the dispersion is measured the judge has seen stable
 * alone for as long as it must, and what it made of that is in force as if it had been told.
 */
function historyOf(rule: ForecastRule, metric: Metric, assumed: Assumed, random: Prng): JudgeState {
  const { settings, requests } = rule;
  const start = startJudge(settings, [metric]);
  if (settings.dispersion.kind === 'assumed') return start;
  let state = start;
  const { intervalsMin } = settings.dispersion;
  for (let seq = 0; seq <= intervalsMin; seq += 1) {
    const weightPct = seq === intervalsMin ? 50 : 0;
    const interval = intervalOf(random, metric, assumed, requests, weightPct, seq, 1);
    state = observe(settings, [metric], state, interval, weightPct);
  }
  const learned = present(state.metrics[metric.name], 'the metric').body;
  const own = present(start.metrics[metric.name], 'the metric');
  if (learned.kind === 'value' || own.body.kind === 'value') return start;
  const body = { ...own.body, phis: learned.phis, dispersion: null };
  return { ...start, metrics: { [metric.name]: { ...own, body } } };
}

/** By halving: what finds a ratio finds every larger one. */
function smallest(play: (ratio: number) => readonly Played[], enough: number): number | null {
  const finds = (index: number): boolean => {
    const played = play(RATIOS[index] ?? 1);
    return played.filter(({ crossedAt }) => crossedAt !== null).length >= enough;
  };
  let low = -1;
  let high = RATIOS.length;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (finds(middle)) high = middle;
    else low = middle;
  }
  return RATIOS[high] ?? null;
}

/** Of several, those that never came (null) being the latest; null where half never came. */
function median(values: readonly (number | null)[]): number | null {
  const sorted = values.map((value) => value ?? Infinity).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined || middle === Infinity ? null : middle;
}
