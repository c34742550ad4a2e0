import { assert, unreachable } from '../../base/assert.ts';
import { type Problem, problem } from '../../base/problem.ts';
import type { Measurement } from '../../core/evidence/interval.ts';
import type { Metric } from '../../core/judge/settings.ts';
import type { MeasuredPlan } from '../../engine/ports.ts';
import { LATENCY_EDGES_MS } from '../../protocol/splitter.ts';
import type { PooledTrack } from './pool.ts';

type Measure = 'errors' | 'timeouts' | 'latency';

const MS_PER_UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1_000 };

/** A metric of what the splitter counted on one track; the plan has no faults (splitterFaults). */
export function splitterMeasurement(
  metric: Metric,
  measure: Measure,
  counts: PooledTrack,
): Measurement {
  const { connectErrors, timeouts, serverErrors, truncated } = counts;
  // What the client gave up says nothing of the track, neither good nor bad.
  const total = counts.requests - counts.aborts;
  switch (measure) {
    case 'errors': {
      const events = connectErrors + timeouts + serverErrors + truncated;
      return { kind: 'rate', events, total };
    }
    case 'timeouts':
      return { kind: 'rate', events: timeouts, total };
    case 'latency':
      return { kind: 'histogram', counts: latencyCounts(metric, counts.latency) };
    default:
      return unreachable(measure);
  }
}

/**
 * What of a plan the splitter can't measure, as `invalid-file`: its latency buckets are fixed, and a
 * plan's edge between two of them would have to be guessed.
 */
export function splitterFaults(plan: MeasuredPlan): readonly Problem[] {
  return plan.measurements.flatMap(({ metric: name, from }): Problem[] => {
    if (from.source !== 'splitter') return [];
    const metric = plan.metrics.find((one) => one.name === name);
    if (metric === undefined) return [fault(name, 'it is measured, but it is no metric')];
    const kind = from.measure === 'latency' ? 'histogram' : 'rate';
    if (metric.kind !== kind) {
      return [fault(name, `splitter.${from.measure} is a ${kind}, the metric is a ${metric.kind}`)];
    }
    return from.measure === 'latency' ? latencyFaults(metric) : [];
  });
}

function latencyFaults(metric: Metric): Problem[] {
  const factor = MS_PER_UNIT[metric.unit];
  if (factor === undefined) {
    return [fault(metric.name, `splitter.latency is in ms or s, not in ${metric.unit}`)];
  }
  return metric.edges
    .filter((edge) => edgeIndex(edge * factor) === -1)
    .map((edge) => {
      const below = LATENCY_EDGES_MS.findLast((one) => one < edge * factor);
      const above = LATENCY_EDGES_MS.find((one) => one > edge * factor);
      const near = [below, above]
        .filter((one) => one !== undefined)
        .map((one) => Number((one / factor).toPrecision(12)));
      const what = `the splitter has no bucket that ends at ${edge} ${metric.unit}`;
      return fault(metric.name, what, `the nearest edges are ${near.join(' and ')}`);
    });
}

function fault(metric: string, what: string, hint?: string): Problem {
  return problem('invalid-file', `metric ${metric}: ${what}`, hint);
}

/** -1: there is no such edge. Seconds times a thousand are not exact. */
function edgeIndex(edgeMs: number): number {
  return LATENCY_EDGES_MS.findIndex((one) => Math.abs(one - edgeMs) <= one * 1e-9);
}

/** The splitter's buckets added up to the metric's, the last one above every edge. */
function latencyCounts(metric: Metric, latency: readonly number[]): number[] {
  const factor = MS_PER_UNIT[metric.unit];
  assert(factor !== undefined, `${metric.name} is not measured in ${metric.unit}`);
  let from = 0;
  const counts = metric.edges.map((edge) => {
    const index = edgeIndex(edge * factor);
    assert(index >= from, `${metric.name} has an edge that the splitter does not have`);
    const count = sum(latency.slice(from, index + 1));
    from = index + 1;
    return count;
  });
  return [...counts, sum(latency.slice(from))];
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
