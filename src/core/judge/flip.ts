import { present } from '../../base/assert.ts';
import { ln } from '../../base/math.ts';
import type { Interval, Measurement, TrackInterval } from '../evidence/interval.ts';
import { columnsOf, comparisonsIn } from './comparison-columns.ts';
import type { Course } from './course.ts';
import { type JudgeState, observe } from './judge.ts';
import { lnPromotion, type MetricState } from './metric-state.ts';
import type { JudgeSettings, Metric } from './settings.ts';

/** What in the deciding interval alone would have made another verdict of it. */
export interface Flip {
  metric: string;
  /** The candidate's bad events in it, and how many would have turned the verdict. */
  seen: number;
  needed: number;
  to: 'rollback' | 'no rollback';
}

/**
 * For each rate: the least change of the candidate's bad events in the interval that crossed the
 * bound which would not have crossed it; where none did, in the newest one, that would have. Found by judging
 * the changed interval again, not by a formula. Empty: no count of that one interval would.
 */
export function flipsOf(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  { deciding, state }: Pick<Course, 'deciding' | 'state'>,
): Flip[] {
  if (deciding === null) return [];
  const { before, interval } = deciding;
  const crossedNow = state.crossed !== null;
  return metrics.flatMap((metric) => {
    const seen = badEvents(metric, interval.candidate);
    if (seen === null || metric.advisory) return [];
    const crosses = (bad: number): boolean =>
      crossesWith(settings, metrics, before, withBad(interval, metric, bad));
    const needed = crossedNow
      ? lastFalse(seen.bad, crosses)
      : firstTrue(seen.bad, seen.total, crosses);
    if (needed === null) return [];
    return [
      { metric: metric.name, seen: seen.bad, needed, to: crossedNow ? 'no rollback' : 'rollback' },
    ];
  });
}

/** Beyond so many times what was seen nobody waits. */
const FARTHEST = 4096;

/**
 * How many more intervals like those so far, on average, would show every required metric not worse:
 * what was seen is taken several times over. null: it would not come about however long.
 */
export function intervalsToPromote(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  state: JudgeState,
): number | null {
  const threshold = -ln(settings.alphaPromote);
  let most = 0;
  for (const metric of metrics) {
    if (!metric.required || metric.advisory) continue;
    const { body, pairs } = present(state.metrics[metric.name], `no ${metric.name}`);
    if (pairs === 0) return null;
    const shown = (times: number): boolean => {
      return lnPromotion(repeated(body, times), metric.marginAbsolute).lnE >= threshold;
    };
    if (!shown(FARTHEST)) return null;
    let low = 1;
    let high = FARTHEST;
    // The wanted number of times lies between them; a hundredth closer is close enough.
    while (!shown(low) && high - low > low / 100) {
      const middle = Math.sqrt(low * high);
      if (shown(middle)) high = middle;
      else low = middle;
    }
    if (!shown(low)) most = Math.max(most, Math.ceil(pairs * (high - 1)));
  }
  return most;
}

/** The evidence for promotion had everything so far happened so many times. */
function repeated(body: MetricState['body'], times: number): MetricState['body'] {
  if (body.kind === 'value') {
    return { ...body, promote: { ...body.promote, lnE: body.promote.lnE.map((v) => v * times) } };
  }
  const comparisons = comparisonsIn(body.comparisons).map((one) => ({
    ...one,
    lnNotWorse: one.lnNotWorse * times,
    below: one.below && { e: one.below.e * times, n: one.below.n * times },
  }));
  return { ...body, comparisons: columnsOf(comparisons) };
}

function crossesWith(
  settings: JudgeSettings,
  metrics: readonly Metric[],
  before: JudgeState,
  interval: Interval,
): boolean {
  return observe(settings, metrics, before, interval, interval.candidatePct).crossed !== null;
}

function badEvents(
  metric: Metric,
  candidate: TrackInterval | null,
): { bad: number; total: number } | null {
  const measured = candidate?.metrics[metric.name];
  if (measured?.kind !== 'rate') return null;
  const { events, total } = measured;
  return { bad: metric.worse === 'lower' ? total - events : events, total };
}

function withBad(interval: Interval, metric: Metric, bad: number): Interval {
  const { candidate } = interval;
  const measured = candidate?.metrics[metric.name];
  if (candidate == null || measured?.kind !== 'rate') return interval;
  const events = metric.worse === 'lower' ? measured.total - bad : bad;
  const changed: Measurement = { ...measured, events };
  return {
    ...interval,
    candidate: { ...candidate, metrics: { ...candidate.metrics, [metric.name]: changed } },
  };
}

/** The least above `from` and up to `to` where it holds; more bad events never make it hold less. */
function firstTrue(from: number, to: number, holds: (value: number) => boolean): number | null {
  if (!holds(to)) return null;
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** The most below `from` where it does not hold; null: it holds even at 0. */
function lastFalse(from: number, holds: (value: number) => boolean): number | null {
  if (holds(0)) return null;
  const first = firstTrue(0, from, holds);
  return first === null ? null : first - 1;
}
