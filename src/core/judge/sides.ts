import { comparisonAt } from './comparison-columns.ts';
import type { MetricState } from './metric-state.ts';
import type { Metric } from './settings.ts';
import type { Counts } from './stats/counts.ts';
import { isExchanged } from './track-counts.ts';
import type { ValueSum } from './value-metric.ts';

/**
 * Both tracks as a person counts them: each in its own place, events as the metric names them. Of a
 * value metric: the sum of the values, and the number of intervals.
 */
export interface Sides {
  stable: Side;
  candidate: Side;
}

export interface Side {
  events: number;
  total: number;
}

/** Upper edge of a histogram's comparison; null for other kinds. */
export function edgeOf(metric: Metric, comparison: number): number | null {
  return metric.kind === 'histogram' ? (metric.edges[comparison] ?? null) : null;
}

/** Everything that entered. */
export function allSides(metric: Metric, body: MetricState['body'], comparison: number): Sides {
  if (body.kind === 'value') return valueSides(body.sum);
  return countedSides(metric, comparison, comparisonAt(body.comparisons, comparison).sum);
}

/** The window of relevance: what came in since the candidate last looked no worse. */
export function recentSides(metric: Metric, body: MetricState['body'], comparison: number): Sides {
  if (body.kind === 'value') {
    const { since } = body.relevance;
    return since === null ? NO_SIDES : valueSides(since);
  }
  return countedSides(
    metric,
    comparison,
    comparisonAt(body.comparisons, comparison).relevance.since,
  );
}

const NO_SIDES: Sides = {
  stable: { events: 0, total: 0 },
  candidate: { events: 0, total: 0 },
};

function valueSides({ stable, candidate, intervals }: ValueSum): Sides {
  return {
    stable: { events: stable, total: intervals },
    candidate: { events: candidate, total: intervals },
  };
}

function countedSides(metric: Metric, comparison: number, counts: Counts | null): Sides {
  if (counts === null) return NO_SIDES;
  const first = { events: counts.eB, total: counts.nB };
  const second = { events: counts.eC, total: counts.nC };
  if (metric.worse === 'higher') return { stable: first, candidate: second };
  if (isExchanged(metric, comparison)) return { stable: second, candidate: first };
  // A fall is compared by the misses, or by what stays within an edge; shown is the rest.
  return { stable: others(first), candidate: others(second) };
}

function others({ events, total }: Side): Side {
  return { events: total - events, total };
}
