import { fail, ok, type Result } from '../../base/result.ts';
import {
  type CounterSeries,
  type Sample,
  settledByMs,
} from '../../core/evidence/counter-series.ts';
import type { Track } from '../../core/evidence/interval.ts';
import {
  layoutFault,
  type SeriesReading,
  seriesMeasurement,
  type TrackSeries,
} from '../../core/evidence/series-measurement.ts';
import type { PrometheusServer } from '../../core/gate/check.ts';
import type { Metric } from '../../core/judge/settings.ts';
import { parseSelector, queryOf } from '../../core/plan/grammar/selector.ts';
import type { MetricSeries, MetricSource } from '../../core/plan/plan.ts';
import type { PrometheusFault } from './prometheus-answer.ts';
import { askPrometheus } from './prometheus-api.ts';

/** A metric that a Prometheus measures, with its selectors or its query for both tracks. */
export interface PrometheusMetric {
  metric: Metric;
  series: MetricSeries;
  server: PrometheusServer;
}

export interface Period {
  startMs: number;
  endMs: number;
}

/** `failed`: it could not be asked for, which says nothing of what there is. */
export type Reading = SeriesReading | ({ kind: 'failed' } & PrometheusFault);

export type TrackReadings = Readonly<Record<Track, Reading>>;

/** By metric, in the order of the periods. */
export type PrometheusReadings = ReadonlyMap<string, readonly TrackReadings[]>;

export interface ReadingSettings {
  intervalMs: number;
  workFolder: string;
  /** On performance.now()'s clock; over all questions together. */
  deadlineAtMs: number;
}

/** Further back than any boundary: tells a series that is new from one that had a gap. */
const LOOKBACK_MS = 300_000;
const TRACKS = ['stable', 'candidate'] as const;
const QUESTIONS_AT_ONCE = 4;

/** The metrics of a plan that a Prometheus measures. */
export function prometheusMetrics(
  measurements: readonly MetricSource[],
  metrics: readonly Metric[],
): PrometheusMetric[] {
  return measurements.flatMap(({ metric: name, from }) => {
    const metric = metrics.find((one) => one.name === name);
    if (from.source !== 'prometheus' || metric === undefined) return [];
    return [{ metric, series: from.series, server: from.server }];
  });
}

/**
 * What both tracks did in some rising periods: raw samples of the counters, once for all of them, and
 * the value of a gauge at the end of each. A question that fails makes its track's metric absent; what
 * is too much for one answer is asked for again in halves, one after the other.
 */
export async function prometheusReadings(
  metrics: readonly PrometheusMetric[],
  periods: readonly Period[],
  settings: ReadingSettings,
): Promise<PrometheusReadings> {
  const whole = await readAll(metrics, periods, settings);
  const isTooLarge = [...whole.values()]
    .flatMap((of) => of.flatMap(({ stable, candidate }) => [stable, candidate]))
    .some((reading) => reading.kind === 'failed' && reading.isTooLarge);
  if (!isTooLarge || periods.length < 2) return whole;
  const half = Math.ceil(periods.length / 2);
  const first = await prometheusReadings(metrics, periods.slice(0, half), settings);
  const second = await prometheusReadings(metrics, periods.slice(half), settings);
  return new Map([...first].map(([name, of]) => [name, [...of, ...(second.get(name) ?? [])]]));
}

async function readAll(
  metrics: readonly PrometheusMetric[],
  periods: readonly Period[],
  settings: ReadingSettings,
): Promise<PrometheusReadings> {
  const ask = limited(QUESTIONS_AT_ONCE);
  const readings = metrics.map(async (one): Promise<[string, TrackReadings[]]> => {
    const { series } = one;
    const of = async (track: Track) => await readTrack(one, track, periods, settings, ask);
    const [stable, candidate] = await Promise.all(TRACKS.map(of));
    const found = periods.map((period, i): TrackReadings => {
      const tracks = { stable: stable?.(i) ?? NOTHING, candidate: candidate?.(i) ?? NOTHING };
      const span = { ...period, intervalMs: settings.intervalMs };
      return series.kind === 'histogram' ? sameLayout(one.metric, tracks, span) : judged(tracks);
    });
    return [one.metric.name, found];
  });
  return new Map(await Promise.all(readings));
}

/** What one track answered for one period; the buckets are kept until both layouts are known. */
interface TrackAnswer {
  reading: Reading;
  buckets: readonly CounterSeries[];
}

const NOTHING: TrackAnswer = {
  reading: { kind: 'absent', reason: 'it was not asked for' },
  buckets: [],
};

type Limited = <T>(work: () => Promise<T>) => Promise<T>;

async function readTrack(
  { metric, series, server }: PrometheusMetric,
  track: Track,
  periods: readonly Period[],
  settings: ReadingSettings,
  ask: Limited,
): Promise<(index: number) => TrackAnswer> {
  if (series.kind === 'value') {
    const query = queryOf(series.value, track);
    const values = await readValues(server, query, periods, settings, ask);
    return (index) => ({ reading: values[index] ?? NOTHING.reading, buckets: [] });
  }
  const { kind: _, ...selectors } = series;
  const asked = Object.entries(selectors).map(async ([key, selector]) => {
    const query = queryOf(selector, track);
    return [key, await readSeries(server, query, periods, settings, ask)] as const;
  });
  const found = await Promise.all(asked);
  const lines: Record<string, readonly CounterSeries[]> = {};
  for (const [key, answer] of found) {
    if (!answer.ok) {
      return () => ({ reading: { kind: 'failed', ...answer.problem }, buckets: [] });
    }
    lines[key] = answer.value;
  }
  const { events = [], total = [], buckets = [] } = lines;
  const known: TrackSeries =
    series.kind === 'rate' ? { kind: 'rate', events, total } : { kind: 'histogram', buckets };
  return (index) => {
    const period = periods[index];
    if (period === undefined) return NOTHING;
    const span = { ...period, intervalMs: settings.intervalMs };
    return { reading: seriesMeasurement(metric, known, span), buckets };
  };
}

/** Raw samples of a selector, from well before the first period to what proves the last one whole. */
async function readSeries(
  server: PrometheusServer,
  selector: string,
  periods: readonly Period[],
  { intervalMs, workFolder, deadlineAtMs }: ReadingSettings,
  ask: Limited,
): Promise<Result<readonly CounterSeries[], PrometheusFault>> {
  const [first, last] = [periods[0], periods.at(-1)];
  if (first === undefined || last === undefined) return ok([]);
  const atMs = settledByMs({ ...last, intervalMs });
  const spanMs = Math.ceil(atMs - first.startMs + intervalMs + LOOKBACK_MS);
  const question = { path: 'query', query: `${selector}[${spanMs}ms]`, atMs } as const;
  const found = await ask(() => askPrometheus(server, question, workFolder, deadlineAtMs));
  if (!found.ok) return found;
  if (found.value.type === 'matrix') return ok(found.value.series);
  return fail({ reason: 'it is no list of samples', isTooLarge: false });
}

/**
 * The value of a query at the end of each period. Of a selector it is the newest sample within an
 * interval before: Prometheus itself would carry one on for 5 min over a time that it did not see.
 */
async function readValues(
  server: PrometheusServer,
  query: string,
  periods: readonly Period[],
  settings: ReadingSettings,
  ask: Limited,
): Promise<readonly Reading[]> {
  if (parseSelector(query) === null) return await evaluate(server, query, periods, settings, ask);
  const found = await readSeries(server, query, periods, settings, ask);
  return periods.map(({ endMs }): Reading => {
    if (!found.ok) return { kind: 'failed', ...found.problem };
    return valueWithin(found.value, endMs - settings.intervalMs, endMs, query);
  });
}

/** An expression at the end of each period; by one question where the ends are evenly spaced. */
async function evaluate(
  server: PrometheusServer,
  query: string,
  periods: readonly Period[],
  { workFolder, deadlineAtMs }: ReadingSettings,
  ask: Limited,
): Promise<readonly Reading[]> {
  const ends = periods.map(({ endMs }) => endMs);
  const [startMs = 0, secondMs = startMs + 1_000] = ends;
  const stepMs = secondMs - startMs;
  const isEven = ends.every((endMs, i) => endMs === startMs + i * stepMs);
  const lots = isEven ? [ends] : ends.map((endMs) => [endMs]);
  const values = lots.map(async (lot): Promise<Reading[]> => {
    const [fromMs, toMs] = [lot[0] ?? 0, lot.at(-1) ?? 0];
    const question = { path: 'query_range', query, startMs: fromMs, endMs: toMs, stepMs } as const;
    const found = await ask(() => askPrometheus(server, question, workFolder, deadlineAtMs));
    if (!found.ok) return lot.map(() => ({ kind: 'failed', ...found.problem }));
    const { series } = found.value;
    return lot.map((endMs) => valueWithin(series, endMs - 1, endMs, query));
  });
  return (await Promise.all(values)).flat();
}

/** The newest in (afterMs, untilMs] of the one series that has any there. */
function valueWithin(
  series: readonly CounterSeries[],
  afterMs: number,
  untilMs: number,
  query: string,
): SeriesReading {
  const isWithin = ([atMs]: Sample): boolean => atMs > afterMs && atMs <= untilMs;
  const there = series
    .map(({ samples }) => samples.findLast(isWithin))
    .filter((sample) => sample !== undefined);
  const [only, ...others] = there;
  if (only === undefined) return { kind: 'absent', reason: `${query} found nothing` };
  if (others.length > 0) {
    return { kind: 'absent', reason: `${query} is ${there.length} series, one is needed` };
  }
  const [, value] = only;
  if (!Number.isFinite(value)) return { kind: 'absent', reason: `${query} is ${value}` };
  return { kind: 'measured', measurement: { kind: 'value', value } };
}

type Tracks = Readonly<Record<Track, TrackAnswer>>;

function judged({ stable, candidate }: Tracks): TrackReadings {
  return { stable: stable.reading, candidate: candidate.reading };
}

/** Buckets of different edges say nothing of one another: both tracks are absent then, and say why. */
function sameLayout(metric: Metric, tracks: Tracks, span: Period & { intervalMs: number }) {
  const { stable, candidate } = tracks;
  const both = { stable: stable.buckets, candidate: candidate.buckets };
  const reason = layoutFault(metric, both, span);
  if (reason === null) return judged(tracks);
  const fault: SeriesReading = { kind: 'absent', reason };
  return { stable: fault, candidate: fault };
}

/** Runs what it is given, so much at once. */
function limited(atOnce: number): Limited {
  let open = 0;
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (open >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    open += 1;
    try {
      return await work();
    } finally {
      open -= 1;
      waiting.shift()?.();
    }
  };
}
