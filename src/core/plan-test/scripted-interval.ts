import type { Interval, Measurement, TrackInterval } from '../evidence/interval.ts';
import type { Metric } from '../judge/settings.ts';
import { baselinePct } from '../plan/baseline.ts';
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
  const requests = candidatePct === 0 ? ownRequests(plan, state, stretch, times) : share;
  const isRunning = state.candidate === 'running';
  const part = Math.round((stretch.requests * baselinePct(plan, candidatePct)) / 100);
  const stable = (counted: number): TrackInterval =>
    track(plan.metrics, stretch.stable ?? {}, counted, times.seq);
  return {
    ...times,
    candidatePct,
    stable: stable(stretch.requests - share - part),
    // It is what stable is: what is written of stable holds for it.
    ...(part === 0 ? {} : { baseline: stable(part) }),
    candidate: isRunning ? track(plan.metrics, stretch.candidate ?? {}, requests, times.seq) : null,
  };
}

/** What reaches a candidate without a share: load of its own, a mirror's copies, its own sessions. */
function ownRequests(
  plan: Plan,
  state: State,
  stretch: Stretch,
  times: { startMs: number; endMs: number },
): number {
  const { traffic, load } = phaseOf(plan, state);
  if (load !== null)
    return Math.round((load.ratePerSecond * (times.endMs - times.startMs)) / 1_000);
  return traffic === 'mirror' || traffic === 'sessions' ? stretch.requests : 0;
}

function track(
  metrics: readonly Metric[],
  script: TrackScript,
  requests: number,
  seq: number,
): TrackInterval {
  const up = script.up ?? true;
  const counted = up ? requests : 0;
  const measured: Record<string, Measurement> = {};
  for (const metric of metrics) {
    const said = script.metrics?.[metric.name];
    if (said !== undefined && up) measured[metric.name] = measure(metric, said, counted, seq);
  }
  return { up, requests: counted, metrics: measured };
}

function measure(
  metric: Metric,
  said: number | Readonly<Record<string, number>>,
  total: number,
  seq: number,
): Measurement {
  if (metric.kind === 'histogram') {
    const shares = typeof said === 'number' ? { [said]: 1 } : said;
    return { kind: 'histogram', counts: buckets(metric.edges, shares, total, seq) };
  }
  const value = typeof said === 'number' ? said : 0;
  if (metric.kind === 'value') return { kind: 'value', value };
  return { kind: 'rate', events: partOf(total, value, seq), total };
}

/**
 * The whole number of events in this interval. What a share leaves over is carried on, so that over
 * many intervals the share is met exactly, however few requests one has.
 */
function partOf(total: number, share: number, seq: number): number {
  const mean = total * share;
  return Math.min(total, Math.floor(mean * (seq + 1)) - Math.floor(mean * seq));
}

/** What the shares leave over goes to the first of them, so that the counts add up to the total. */
function buckets(
  edges: readonly number[],
  shares: Readonly<Record<string, number>>,
  total: number,
  seq: number,
): number[] {
  const counts = [...edges, 0].map(() => 0);
  let rest = total;
  const entries = Object.entries(shares);
  for (const [latency, share] of entries.slice(1)) {
    const count = Math.min(rest, partOf(total, share, seq));
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
