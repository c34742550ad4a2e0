import type { Check, Evidence } from '../gate/check.ts';
import type { Metric } from '../judge/settings.ts';
import type { Interval } from './interval.ts';
import { statisticOf } from './statistic.ts';

const REDUCER = 'interval-window/1';

/**
 * Evidence for a check on a metric of this promotion's own intervals: the statistic over the window,
 * or a point an interval where the check looks at a course of time.
 */
/** Intervals of a window, and the SHA-256 of the recorded rows that they are. */
export interface Window {
  intervals: readonly Interval[];
  sha256: string;
}

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
  if (check.kind === 'sustained') {
    const points = intervals.flatMap((interval): (readonly [number, number])[] => {
      const observed = statisticOf(metric, [interval], track, statistic);
      return observed === null ? [] : [[interval.endMs, finite(observed.value)]];
    });
    return { ...known, samples: points.length, kind: 'series', points };
  }
  const observed = statisticOf(metric, intervals, track, statistic);
  if (observed === null) {
    return { ...known, samples: 0, kind: 'none', reason: `${metric.name} was not measured` };
  }
  return { ...known, samples: observed.samples, kind: 'number', value: finite(observed.value) };
}

/** JSON holds no infinity: above the last edge is the largest number there is. */
function finite(value: number): number {
  return Number.isFinite(value) ? value : Number.MAX_VALUE;
}
