import type { Measurement } from '../evidence/interval.ts';
import type { Metric } from './settings.ts';
import type { Counts } from './stats/counts.ts';

/** What one track's measurement says, as events out of a total, once for each comparison. */
export interface TrackCounts {
  total: number;
  events: readonly number[];
}

/** How many comparisons a rate or histogram metric rests on. */
export function comparisonsOf(metric: Metric): number {
  if (metric.kind === 'histogram') return metric.edges.length;
  return metric.worse === 'lower' ? 2 : 1;
}

/**
 * A rate whose fall is worse is seen twice: its misses rising, and its hits falling with the
 * tracks' roles exchanged. The first tells 99.9 % from 99.5 %, the second 1 % from 0.5 %; alone
 * each is blind to the other.
 */
export function isExchanged(metric: Metric, comparison: number): boolean {
  return metric.kind === 'rate' && metric.worse === 'lower' && comparison === 1;
}

/**
 * Null where the measurement cannot be what it says: another kind, other edges, no whole numbers
 * (a source that extrapolates), more events than total, or nothing counted.
 */
export function trackCounts(metric: Metric, measurement: Measurement): TrackCounts | null {
  if (measurement.kind === 'rate' && metric.kind === 'rate') {
    const { events, total } = measurement;
    if (!isCount(events) || !isCount(total) || events > total || total === 0) return null;
    return { total, events: metric.worse === 'lower' ? [total - events, events] : [events] };
  }
  if (measurement.kind === 'histogram' && metric.kind === 'histogram') {
    return bucketCounts(metric, measurement.counts);
  }
  return null;
}

/** Requests beyond each edge; not beyond it where low values are the bad ones. */
function bucketCounts(metric: Metric, counts: readonly number[]): TrackCounts | null {
  if (counts.length !== metric.edges.length + 1 || !counts.every(isCount)) return null;
  let total = 0;
  for (const count of counts) total += count;
  if (total === 0 || !isCount(total)) return null;
  const events: number[] = [];
  let within = 0;
  for (let edge = 0; edge < metric.edges.length; edge += 1) {
    within += counts[edge] ?? 0;
    events.push(metric.worse === 'lower' ? within : total - within);
  }
  return { total, events };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

/** The 2x2 table of one comparison, turned so that more events at the candidate is worse. */
export function countsOf(
  metric: Metric,
  comparison: number,
  stable: TrackCounts,
  candidate: TrackCounts,
): Counts {
  const [low, high] = isExchanged(metric, comparison) ? [candidate, stable] : [stable, candidate];
  return {
    eB: low.events[comparison] ?? 0,
    nB: low.total,
    eC: high.events[comparison] ?? 0,
    nC: high.total,
  };
}
