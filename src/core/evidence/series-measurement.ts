import { unreachable } from '../../base/assert.ts';
import type { Metric } from '../judge/settings.ts';
import { type Counted, type CounterSeries, countBetween, type Span } from './counter-series.ts';
import type { Measurement } from './interval.ts';

/** Series of one track, as the metric's selectors found them. */
export type TrackSeries =
  | { kind: 'rate'; events: readonly CounterSeries[]; total: readonly CounterSeries[] }
  | { kind: 'histogram'; buckets: readonly CounterSeries[] };

/** What a metric was on a track in an interval, or why that can't be told (yet). */
export type SeriesReading =
  | { kind: 'measured'; measurement: Measurement }
  | Exclude<Counted, { kind: 'counted' }>;

/** Of a histogram, `layoutFault` is to be asked first: buckets are added up by the metric's edges. */
export function seriesMeasurement(metric: Metric, series: TrackSeries, span: Span): SeriesReading {
  switch (series.kind) {
    case 'rate': {
      const counted = countBetween([series.events, series.total], span);
      if (counted.kind !== 'counted') return counted;
      const [events = 0, total = 0] = counted.totals;
      return { kind: 'measured', measurement: { kind: 'rate', events, total } };
    }
    case 'histogram': {
      const byEdge = Map.groupBy(series.buckets, edgeOf);
      const edges = [...metric.edges, Number.POSITIVE_INFINITY];
      const counted = countBetween(
        edges.map((edge) => byEdge.get(edge) ?? []),
        span,
      );
      if (counted.kind !== 'counted') return counted;
      const counts = counted.totals.map((total, i) => total - (counted.totals[i - 1] ?? 0));
      // Cumulative buckets that are not were written while they changed.
      if (counts.some((count) => count < 0)) {
        return { kind: 'absent', reason: 'its buckets are not cumulative' };
      }
      return { kind: 'measured', measurement: { kind: 'histogram', counts } };
    }
    default:
      return unreachable(series);
  }
}

/**
 * Why the buckets of the two tracks can't be compared; null: both have the metric's edges, in every
 * series that was scraped in the span. A bucket that one side lacks would have to be guessed.
 */
export function layoutFault(
  metric: Metric,
  tracks: { stable: readonly CounterSeries[]; candidate: readonly CounterSeries[] },
  span: Span,
): string | null {
  const wanted = layoutText([...metric.edges, Number.POSITIVE_INFINITY]);
  const [stable, candidate] = [tracks.stable, tracks.candidate].map((some) => layouts(some, span));
  const isSame = [stable, candidate].every((found) => found?.every((one) => one === wanted));
  if (isSame) return null;
  const said = (found: readonly string[] | undefined): string =>
    found === undefined || found.length === 0 ? 'none' : found.slice(0, 3).join(' and ');
  return `the buckets of stable end at ${said(stable)}, of candidate at ${said(candidate)}; the plan's edges are ${wanted}`;
}

/** The different layouts of the histograms among the buckets. */
function layouts(buckets: readonly CounterSeries[], span: Span): string[] {
  const fresh = buckets.filter(({ samples }) =>
    samples.some(([atMs]) => atMs > span.startMs - span.intervalMs && atMs <= span.endMs),
  );
  const histograms = Map.groupBy(fresh, ({ labels }) => {
    const { le: _, ...others } = labels;
    return JSON.stringify(Object.entries(others).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return [...new Set([...histograms.values()].map((some) => layoutText(some.map(edgeOf))))];
}

function layoutText(edges: readonly number[]): string {
  const rising = edges.toSorted((a, b) => a - b);
  return rising.map((edge) => (edge === Number.POSITIVE_INFINITY ? '+Inf' : edge)).join(', ');
}

/** NaN where a series has no `le`, or none that is a number. */
function edgeOf({ labels }: CounterSeries): number {
  const { le = '' } = labels;
  if (le === '+Inf') return Number.POSITIVE_INFINITY;
  return le.trim() === '' ? Number.NaN : Number(le);
}
