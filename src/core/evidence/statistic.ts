import { unreachable } from '../../base/assert.ts';
import type { Statistic } from '../gate/check.ts';
import type { Metric } from '../judge/settings.ts';
import type { Interval, Measurement, Track } from './interval.ts';

export interface Observed {
  value: number;
  /** Requests or points that the value rests on. */
  samples: number;
}

/**
 * A statistic of a metric on one track over intervals; null: nothing was measured, or the metric's
 * kind has no such statistic. A measurement with a negative number (a counter that was reset) or
 * none at all was not measured: it neither breaches nor shows health. Quantiles are of the pooled histogram: the upper edge of the bucket
 * that holds the quantile. Above the last edge nothing is known but that: the answer is then
 * infinite, which breaches every upper limit and meets no lower one by accident of the edges.
 */
export function statisticOf(
  metric: Metric,
  intervals: readonly Interval[],
  track: Track,
  statistic: Statistic,
): Observed | null {
  const measured = intervals
    .map((interval) => interval[track]?.metrics[metric.name])
    .filter((one) => one !== undefined)
    .filter(isSound);
  switch (statistic) {
    case 'rate':
      return rate(measured);
    case 'p50':
    case 'p95':
    case 'p99':
      return quantile(metric, measured, Number(statistic.slice(1)));
    case 'count':
      return count(measured);
    case 'mean':
    case 'max':
    case 'min':
    case 'last':
      return ofValues(measured, statistic);
    default:
      return unreachable(statistic);
  }
}

/** A share above 1: its two counts are not of the same requests. It may breach, never show health. */
export function isImpossible(statistic: Statistic, value: number): boolean {
  return statistic === 'rate' && value > 1;
}

function isSound(one: Measurement): boolean {
  if (one.kind === 'value') return Number.isFinite(one.value);
  const counts = one.kind === 'rate' ? [one.events, one.total] : one.counts;
  return counts.every((count) => Number.isFinite(count) && count >= 0);
}

function rate(measured: readonly Measurement[]): Observed | null {
  let [events, total] = [0, 0];
  for (const one of measured) {
    if (one.kind !== 'rate') return null;
    events += one.events;
    total += one.total;
  }
  return total === 0 ? null : { value: events / total, samples: total };
}

function quantile(metric: Metric, measured: readonly Measurement[], pct: number): Observed | null {
  const pooled = [...metric.edges, 0].map(() => 0);
  for (const one of measured) {
    if (one.kind !== 'histogram' || one.counts.length !== pooled.length) return null;
    one.counts.forEach((count, i) => {
      pooled[i] = (pooled[i] ?? 0) + count;
    });
  }
  const total = pooled.reduce((sum, one) => sum + one, 0);
  if (total === 0) return null;
  let below = 0;
  for (const [i, edge] of metric.edges.entries()) {
    below += pooled[i] ?? 0;
    // In hundredths: 0.95 is no double, and a whole count must not miss its bucket by that.
    if (100 * below >= pct * total) return { value: edge, samples: total };
  }
  return { value: Number.POSITIVE_INFINITY, samples: total };
}

function count(measured: readonly Measurement[]): Observed | null {
  if (measured.length === 0) return null;
  const value = measured.reduce((sum, one) => sum + sizeOf(one), 0);
  return { value, samples: measured.length };
}

function sizeOf(one: Measurement): number {
  if (one.kind === 'rate') return one.total;
  if (one.kind === 'value') return 1;
  return one.counts.reduce((sum, n) => sum + n, 0);
}

function ofValues(
  measured: readonly Measurement[],
  statistic: 'mean' | 'max' | 'min' | 'last',
): Observed | null {
  const values = measured.filter((one) => one.kind === 'value').map(({ value }) => value);
  const last = values.at(-1);
  if (last === undefined || values.length !== measured.length) return null;
  const samples = values.length;
  if (statistic === 'last') return { value: last, samples };
  // Not spread into arguments: a window may hold more intervals than a call takes.
  if (statistic === 'max') return { value: values.reduce((a, b) => Math.max(a, b)), samples };
  if (statistic === 'min') return { value: values.reduce((a, b) => Math.min(a, b)), samples };
  return { value: values.reduce((sum, value) => sum + value, 0) / samples, samples };
}
