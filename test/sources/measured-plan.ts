import type { Metric } from '../../src/core/judge/settings.ts';
import type { MeasurementQuery } from '../../src/core/plan/plan.ts';
import type { MeasuredPlan } from '../../src/engine/ports.ts';

/** A plan's metrics, each with where it comes from. */
export function measuredPlan(
  intervalMs: number,
  metrics: Record<string, [Partial<Metric>, MeasurementQuery]>,
): MeasuredPlan {
  const entries = Object.entries(metrics);
  return {
    service: 'sample',
    intervalMs,
    metrics: entries.map(([name, [given]]) => metric({ name, ...given })),
    measurements: entries.map(([name, [, from]]) => ({ metric: name, from })),
  };
}

export function metric(given: Partial<Metric>): Metric {
  return {
    name: 'metric',
    kind: 'rate',
    unit: 'requests',
    edges: [],
    worse: 'higher',
    weight: 1,
    required: true,
    advisory: false,
    marginRelative: 0.25,
    marginAbsolute: 0,
    relevanceFloor: 0,
    ...given,
  };
}

export const ERRORS = { source: 'splitter', measure: 'errors' } as const;
export const LATENCY = { source: 'splitter', measure: 'latency' } as const;
