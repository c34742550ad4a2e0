import { unreachable } from '../../../base/assert.ts';
import type { Measurement } from '../../evidence/interval.ts';
import type { Metric } from '../settings.ts';

/** An interval of a track as the one number that Kayenta's method looks at. */
export type Point =
  | { kind: 'number'; value: number }
  /** Nothing was counted or measured. */
  | { kind: 'absent' }
  /** It cannot be what it says. */
  | { kind: 'refused' };

const ABSENT: Point = { kind: 'absent' };
const REFUSED: Point = { kind: 'refused' };

/** A sentinel such as the largest double is no measurement: sums of it are infinite. */
const LARGEST = 1e140;

/** Minus zero would not survive being saved. */
function number(value: number): Point {
  return { kind: 'number', value: value + 0 };
}

/**
 * A rate in percent (the solver's absolute tolerance is a hundredth of that of a share), a
 * histogram's quantile in its own unit, a value as it is.
 */
export function pointOf(
  metric: Metric,
  measurement: Measurement | undefined,
  quantile: number,
): Point {
  if (measurement === undefined) return ABSENT;
  if (measurement.kind !== metric.kind) return REFUSED;
  switch (measurement.kind) {
    case 'rate': {
      const { events, total } = measurement;
      if (!isAmount(events) || !isAmount(total) || events > total) return REFUSED;
      return total === 0 ? ABSENT : number((100 * events) / total);
    }
    case 'histogram': {
      const { counts } = measurement;
      if (counts.length !== metric.edges.length + 1 || !counts.every(isAmount)) return REFUSED;
      const value = bucketQuantile(metric.edges, counts, quantile);
      return value === null ? ABSENT : number(value);
    }
    case 'value':
      return Math.abs(measurement.value) <= LARGEST ? number(measurement.value) : REFUSED;
    default:
      return unreachable(measurement);
  }
}

function isAmount(value: number): boolean {
  return value >= 0 && value <= LARGEST;
}

/**
 * As Prometheus's histogram_quantile has it: linear within the bucket; the lowest bucket begins at
 * 0 where its edge is above 0, else its edge is the answer; beyond the last edge that edge, so what
 * lies there does not show. Counts by bucket, one more than edges; null where nothing was counted.
 */
export function bucketQuantile(
  edges: readonly number[],
  counts: readonly number[],
  quantile: number,
): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = quantile * total;
  let below = 0;
  for (const [index, edge] of edges.entries()) {
    const count = counts[index] ?? 0;
    if (below + count >= rank && below + count > 0) {
      if (index === 0 && edge <= 0) return edge;
      const from = index === 0 ? 0 : (edges[index - 1] ?? 0);
      return count === 0 ? from : from + ((edge - from) * (rank - below)) / count;
    }
    below += count;
  }
  return edges.at(-1) ?? null;
}
