import type { Interval, Measurement, TrackInterval } from '../evidence/interval.ts';
import type { Metric } from '../judge/settings.ts';
import type { Plan } from '../plan/plan.ts';
import type { State } from '../promotion/state.ts';
import { phaseOf } from '../promotion/step.ts';
import type { Stretch, TrackScript } from './test-file.ts';

/**
 * The interval that the written traffic would leave: exact counts, no noise. A metric that is not
 * written down is not measured.
 */
export function scriptedInterval(
  plan: Plan,
  state: State,
  stretch: Stretch,
  times: { seq: number; startMs: number; endMs: number },
): Interval {
  const candidatePct = state.weights.candidate;
  const share = Math.round((stretch.requests * candidatePct) / 100);
  const load = phaseOf(plan, state).load;
  const seconds = (times.endMs - times.startMs) / 1_000;
  const loaded = load === null ? 0 : Math.round(load.ratePerSecond * seconds);
  const requests = candidatePct === 0 ? loaded : share;
  const isRunning = state.candidate === 'running';
  return {
    ...times,
    candidatePct,
    stable: track(plan.metrics, stretch.stable ?? {}, stretch.requests - share),
    candidate: isRunning ? track(plan.metrics, stretch.candidate ?? {}, requests) : null,
  };
}

function track(metrics: readonly Metric[], script: TrackScript, requests: number): TrackInterval {
  const up = script.up ?? true;
  const counted = up ? requests : 0;
  const measured: Record<string, Measurement> = {};
  for (const metric of metrics) {
    const said = script.metrics?.[metric.name];
    if (said !== undefined && up) measured[metric.name] = measure(metric, said, counted);
  }
  return { up, requests: counted, metrics: measured };
}

function measure(
  metric: Metric,
  said: number | Readonly<Record<string, number>>,
  total: number,
): Measurement {
  if (metric.kind === 'histogram') {
    const shares = typeof said === 'number' ? { [said]: 1 } : said;
    return { kind: 'histogram', counts: buckets(metric.edges, shares, total) };
  }
  const value = typeof said === 'number' ? said : 0;
  if (metric.kind === 'value') return { kind: 'value', value };
  return { kind: 'rate', events: Math.round(total * value), total };
}

/** What the shares leave over goes to the first of them, so that the counts add up to the total. */
function buckets(
  edges: readonly number[],
  shares: Readonly<Record<string, number>>,
  total: number,
): number[] {
  const counts = [...edges, 0].map(() => 0);
  let rest = total;
  const entries = Object.entries(shares);
  for (const [latency, share] of entries.slice(1)) {
    const count = Math.min(rest, Math.round(total * share));
    counts[bucketOf(edges, Number(latency))] =
      (counts[bucketOf(edges, Number(latency))] ?? 0) + count;
    rest -= count;
  }
  const first = bucketOf(edges, Number(entries[0]?.[0] ?? 0));
  counts[first] = (counts[first] ?? 0) + rest;
  return counts;
}

function bucketOf(edges: readonly number[], latency: number): number {
  const at = edges.findIndex((edge) => latency <= edge);
  return at < 0 ? edges.length : at;
}
