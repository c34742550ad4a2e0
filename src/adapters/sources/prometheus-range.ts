import { type Problem, problem } from '../../base/problem.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Interval, Measurement, Track, TrackInterval } from '../../core/evidence/interval.ts';
import type { PrometheusServer } from '../../core/gate/check.ts';
import type { Metric } from '../../core/judge/settings.ts';
import type { MetricSource } from '../../core/plan/plan.ts';
import {
  type Period,
  type PrometheusReadings,
  prometheusMetrics,
  prometheusReadings,
  type TrackReadings,
} from './prometheus-readings.ts';

/** From, to and step of the intervals, in milliseconds since 1970. */
export interface MeasuredRange {
  fromMs: number;
  toMs: number;
  stepMs: number;
}

const HOUR_MS = 3_600_000;
/** The API's own limit on the points of one series. */
const POINTS_MAX = 11_000;
const INTERVALS_MAX = 1_000_000;

/**
 * Intervals of the past, as an offline judge reads them, numbered from 0: both tracks by the metrics of
 * a plan that a Prometheus measures, asked of `server` whatever the plan says, an hour at a time, each
 * hour within the server's deadline. What traffic was ordered is not known to it (`candidatePct` null),
 * nor whether a track was up; requests are the largest total of a rate, or 0. `usage`: no such metric, or
 * an impossible range; `unavailable`: the server did not answer, and nothing is told of the rest either.
 */
export async function prometheusRange(
  server: PrometheusServer,
  measurements: readonly MetricSource[],
  metrics: readonly Metric[],
  range: MeasuredRange,
  workFolder = '.',
): Promise<Result<readonly Interval[]>> {
  const asked = prometheusMetrics(measurements, metrics).map((one) => ({ ...one, server }));
  const fault = rangeFault(asked.length, range);
  if (fault !== null) return fail(fault);
  const { fromMs, toMs, stepMs } = range;
  const count = Math.floor((toMs - fromMs) / stepMs);
  const atOnce = Math.max(1, Math.min(POINTS_MAX, Math.floor(HOUR_MS / stepMs)));
  const intervals: Interval[] = [];
  while (intervals.length < count) {
    const first = intervals.length;
    const periods = Array.from({ length: Math.min(atOnce, count - first) }, (_, i): Period => {
      const startMs = fromMs + (first + i) * stepMs;
      return { startMs, endMs: startMs + stepMs };
    });
    const deadlineAtMs = performance.now() + server.deadlineMs;
    const settings = { intervalMs: stepMs, workFolder, deadlineAtMs };
    const readings = await prometheusReadings(asked, periods, settings);
    const failure = failureOf(readings);
    if (failure !== null) return fail(problem('unavailable', failure));
    for (const [i, period] of periods.entries()) {
      intervals.push(intervalOf(first + i, period, readings, i));
    }
  }
  return ok(intervals);
}

function rangeFault(asked: number, { fromMs, toMs, stepMs }: MeasuredRange): Problem | null {
  if (asked === 0) {
    const hint = 'give a metric a source: from: {source: prometheus, ...}';
    return problem('usage', 'a Prometheus measures none of these metrics', hint);
  }
  if (!(stepMs >= 1 && toMs - fromMs >= stepMs)) {
    return problem('usage', 'the range holds no interval');
  }
  if ((toMs - fromMs) / stepMs <= INTERVALS_MAX) return null;
  return problem('usage', `the range holds more than ${INTERVALS_MAX} intervals`);
}

/** Why something could not be asked for; null: it was, and what is absent is not there. */
function failureOf(readings: PrometheusReadings): string | null {
  const all = [...readings.values()].flat().flatMap(({ stable, candidate }) => [stable, candidate]);
  const failed = all.find(({ kind }) => kind === 'failed');
  return failed?.kind === 'failed' ? failed.reason : null;
}

function intervalOf(
  seq: number,
  { startMs, endMs }: Period,
  readings: PrometheusReadings,
  index: number,
): Interval {
  const found = [...readings].flatMap(([name, of]): [string, TrackReadings][] => {
    const reading = of[index];
    return reading === undefined ? [] : [[name, reading]];
  });
  const track = (of: Track): TrackInterval | null => {
    const metrics: Record<string, Measurement> = {};
    for (const [name, { [of]: reading }] of found) {
      if (reading.kind === 'measured') metrics[name] = reading.measurement;
    }
    const measured = Object.values(metrics);
    if (measured.length === 0) return null;
    const totals = measured.flatMap((one) => (one.kind === 'rate' ? [one.total] : []));
    return { up: true, requests: Math.max(0, ...totals), metrics };
  };
  const [stable, candidate] = [track('stable'), track('candidate')];
  return { seq, startMs, endMs, candidatePct: null, stable, candidate };
}
