import { ABOVE_LAST_EDGE, type Check, type Evidence } from '../gate/check.ts';
import type { Metric } from '../judge/settings.ts';
import type { Interval } from './interval.ts';
import { isImpossible, type Observed, statisticOf } from './statistic.ts';

const REDUCER = 'interval-window/2';

/** Intervals of a window, and the SHA-256 of the recorded rows that they are. */
export interface Window {
  intervals: readonly Interval[];
  sha256: string;
}

/**
 * Evidence for a check on a metric of this promotion's own intervals: the statistic over the window,
 * or a point an interval where the check looks at a course of time.
 */
export function evidenceFromIntervals(
  check: Check,
  metrics: readonly Metric[],
  window: Window,
): Evidence {
  const { intervals, sha256: inputSha256 } = window;
  const query = check.evidence;
  const last = intervals.at(-1);
  const known = { check: check.name, atMs: last?.endMs ?? 0, inputSha256, reducer: REDUCER };
  if (query.source !== 'metric' || last === undefined) {
    return { ...known, samples: 0, kind: 'none', reason: 'no interval in the window' };
  }
  const metric = metrics.find(({ name }) => name === query.metric);
  if (metric === undefined) {
    return { ...known, samples: 0, kind: 'error', reason: `no metric ${query.metric}` };
  }
  const { track, statistic } = query;
  const of = (interval: Interval): Observed | null =>
    statisticOf(metric, [interval], track, statistic);
  const newest = intervals.findLast((interval) => of(interval) !== null);
  const observed = statisticOf(metric, intervals, track, statistic);
  if (observed === null || newest === undefined) {
    return { ...known, samples: 0, kind: 'none', reason: `${metric.name} was not measured` };
  }
  // Each interval by itself: pooled, the others would make up for one that cannot be.
  if (statistic === 'rate' && intervals.some((one) => isImpossible('rate', of(one)?.value ?? 0))) {
    const reason = `${metric.name} has more events than requests`;
    return { ...known, samples: 0, kind: 'error', reason };
  }
  // Dated by what was measured: an interval in which the metric is absent makes nothing fresh.
  const told = { ...known, atMs: newest.endMs };
  if (check.kind === 'sustained' || check.kind === 'failures') {
    const points = intervals.flatMap((interval): (readonly [number, number])[] => {
      const value = of(interval)?.value;
      return value === undefined ? [] : [[interval.endMs, finite(value)]];
    });
    return { ...told, samples: points.length, kind: 'series', points };
  }
  const { value, samples } = observed;
  return { ...told, samples, kind: 'number', value: finite(value) };
}

/** Only a quantile above the last edge is infinite (statistic.ts). */
function finite(value: number): number {
  return Number.isFinite(value) ? value : ABOVE_LAST_EDGE;
}
