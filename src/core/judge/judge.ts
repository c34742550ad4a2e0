import { assert, present } from '../../base/assert.ts';
import {
  comparedWith,
  type Interval,
  type Measurement,
  type TrackInterval,
} from '../evidence/interval.ts';
import { type AaTest, advanceAaTest } from './aa-test.ts';
import { type Crossing, crossingOf } from './crossing.ts';
import { decide } from './decide.ts';
import { type MetricState, observeMetric, startMetric } from './metric-state.ts';
import type { JudgeSettings, Metric } from './settings.ts';
import { settingsFaults } from './settings-faults.ts';
import { advanceSplit, NO_SPLIT, type Split } from './stats/split.ts';
import type { Verdict } from './verdict.ts';

/**
 * What the judge remembers from the first interval to the last; never reset by a step, a wait or a
 * pause. Plain JSON of finite numbers: saved, loaded and continued it gives the same bits.
 */
export interface JudgeState {
  v: 1;
  /** The last interval seen; -1 before the first. */
  seq: number;
  /** The first interval with two tracks, from which the horizon counts; null before it. */
  firstSeq: number | null;
  /** Intervals in which at least one metric entered, and the last of them (-1: none). */
  pairs: number;
  pairSeq: number;
  /** Of the pairs, those held against a fresh baseline; absent: none. */
  freshPairs?: number;
  metrics: Readonly<Record<string, MetricState>>;
  split: Split;
  /** Stable against itself; null while there are no two instances of it. */
  aa: AaTest | null;
  /** Where the bound was crossed above the floor: the verdict from then on. */
  crossed: Crossing | null;
}

/** Before the first interval. Settings that make no sense are a bug: resolve refuses them first. */
export function startJudge(settings: JudgeSettings, metrics: readonly Metric[]): JudgeState {
  const faults = settingsFaults(settings, metrics);
  assert(faults.length === 0, `judge settings: ${faults.join('; ')}`);
  const states: Record<string, MetricState> = {};
  for (const metric of metrics) states[metric.name] = startMetric(settings, metric);
  return {
    v: 1,
    seq: -1,
    firstSeq: null,
    pairs: 0,
    pairSeq: -1,
    metrics: states,
    split: NO_SPLIT,
    aa: null,
    crossed: null,
  };
}

/**
 * Takes one closed interval: a repeated or older one changes nothing. Each metric enters as a pair
 * or not at all. Intervals of stable alone teach the dispersion and are to be given as well.
 * `intendedCandidatePct`: the candidate's share during all of it; null when it changed meanwhile.
 */
export function observe(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  state: JudgeState,
  interval: Interval,
  intendedCandidatePct: number | null,
): JudgeState {
  const { seq, stable, candidate } = interval;
  if (seq <= state.seq) return state;
  const base = comparedWith(interval);
  const isFresh = interval.baseline !== undefined;
  const both = base !== null && candidate !== null;
  const firstSeq = state.firstSeq ?? (both ? seq : null);
  const isWarm = firstSeq !== null && seq - firstSeq >= (settings.warmUpIntervals ?? 0);
  const moment = {
    seq,
    // A baseline has the candidate's share.
    equalSize: isFresh ? intendedCandidatePct !== null : intendedCandidatePct === 50,
    mayStart: firstSeq !== null && seq - firstSeq < settings.horizonIntervals,
  };
  const states: Record<string, MetricState> = {};
  let entered = false;
  for (const metric of metrics) {
    const { name } = metric;
    const before = present(state.metrics[name], `the judge never heard of ${name}`);
    const tracks = {
      own: measured(stable, name),
      stable: measured(base, name),
      // What a process does while its caches are cold is not held against it, nor for it.
      candidate: isWarm ? measured(candidate, name) : undefined,
    };
    const after = observeMetric(settings, metric, before, tracks, moment);
    if (after.pairs > before.pairs) entered = true;
    states[name] = after;
  }
  const next: JudgeState = {
    v: 1,
    seq,
    firstSeq,
    pairs: state.pairs + (entered ? 1 : 0),
    pairSeq: entered ? seq : state.pairSeq,
    ...freshPairs(state, entered && isFresh),
    metrics: states,
    split: both ? splitAfter(settings, state.split, interval, intendedCandidatePct) : state.split,
    aa: advanceAaTest(settings, metrics, state.aa, interval.stableHalves ?? null, moment, states),
    crossed: state.crossed,
  };
  // Equals that differ from one another: what crosses from then on says nothing of the candidate.
  const isSound = (next.aa?.trippedSeq ?? null) === null;
  return entered && isSound && next.crossed === null
    ? { ...next, crossed: crossingOf(settings, metrics, seq, states) }
    : next;
}

function freshPairs({ freshPairs: before = 0 }: JudgeState, another: boolean): Partial<JudgeState> {
  const now = before + (another ? 1 : 0);
  return now === 0 ? {} : { freshPairs: now };
}

/** Only what the interval itself holds: a metric may be named like a property of every object. */
function measured(track: TrackInterval | null, name: string): Measurement | undefined {
  return track !== null && Object.hasOwn(track.metrics, name) ? track.metrics[name] : undefined;
}

/** The weight was one all along, both tracks had a share, and what was counted can be counts. */
function splitAfter(
  { splitMetric }: JudgeSettings,
  split: Split,
  interval: Interval,
  candidatePct: number | null,
): Split {
  if (candidatePct === null || !(candidatePct > 0 && candidatePct < 100)) return split;
  const counted = [interval.stable, ...(interval.baseline == null ? [] : [interval.baseline])];
  const others = counted.map((track) => requestsOf(track, splitMetric));
  const candidate = requestsOf(interval.candidate, splitMetric);
  if (candidate === null || others.includes(null)) return split;
  // A baseline's requests are taken from stable's share.
  const stable = others.reduce<number>((sum, requests) => sum + (requests ?? 0), 0);
  if (stable + candidate === 0) return split;
  return advanceSplit(split, interval.seq, candidatePct, stable, candidate);
}

/** null: not counted. Rows come from files and other processes too: not every number is a count. */
function requestsOf(track: TrackInterval | null, splitMetric: string | undefined): number | null {
  if (track === null) return null;
  const counted =
    splitMetric === undefined ? track.requests : totalOf(measured(track, splitMetric));
  return Number.isSafeInteger(counted) && counted >= 0 ? counted : null;
}

function totalOf(measurement: Measurement | undefined): number {
  if (measurement?.kind === 'rate') return measurement.total;
  if (measurement?.kind !== 'histogram') return Number.NaN;
  return measurement.counts.reduce((sum, count) => sum + count, 0);
}

/** The verdict now, with every number that shaped it. */
export function judge(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  state: JudgeState,
): Verdict {
  return decide(settings, metrics, state);
}
