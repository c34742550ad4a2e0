import { unreachable } from '../../base/assert.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import type { Measurement } from '../../core/evidence/interval.ts';
import type { Metric } from '../../core/judge/settings.ts';
import type { MetricSeries } from '../../core/plan/plan.ts';
import { type Exposition, labelsOf, numberFrom, type Sample, seriesKey } from './exposition.ts';

export interface ScrapedMetric {
  metric: Metric;
  series: MetricSeries;
}

/** What one scrape holds of one metric: counters since the process began, by series; or a value. */
export type Reading =
  | { kind: 'rate'; events: Counters; total: Counters }
  | { kind: 'histogram'; buckets: readonly Counters[] }
  | { kind: 'value'; value: number };

/** By series; each at least 0. */
type Counters = ReadonlyMap<string, number>;

/** A metric of a page, or why it can't be read there. */
export function readMetric(
  page: Exposition,
  { metric, series }: ScrapedMetric,
): Result<Reading, string> {
  switch (series.kind) {
    case 'rate': {
      const events = counters(page, series.events);
      if (!events.ok) return events;
      const total = counters(page, series.total);
      if (!total.ok) return total;
      return ok({ kind: 'rate', events: events.value, total: total.value });
    }
    case 'histogram':
      return readHistogram(page, metric, series.buckets);
    case 'value': {
      const found = select(page, series.value);
      if (!found.ok) return found;
      const [only, ...others] = found.value;
      if (only === undefined) return fail(`there is no ${series.value}`);
      if (others.length > 0) return fail(`${series.value} is ${others.length + 1} series`);
      if (!Number.isFinite(only.value)) return fail(`${series.value} is not a finite number`);
      return ok({ kind: 'value', value: only.value });
    }
    default:
      return unreachable(series);
  }
}

/**
 * What happened between two scrapes of one instance; null: it can't be told. Where any counter went
 * back (or `restarted` is known otherwise), all of them began again at 0, and what they hold now is
 * what is known to have happened: https://prometheus.io/docs/concepts/metric_types/ (counter).
 */
export function measurementBetween(
  before: Reading | null,
  after: Reading,
  restarted: boolean,
): Measurement | null {
  if (after.kind === 'value') return { kind: 'value', value: after.value };
  if (before === null || before.kind !== after.kind) return null;
  const [older, newer] = [countersOf(before), countersOf(after)];
  const isReset = restarted || newer.some((one, i) => wentBack(older[i], one));
  const deltas = newer.map((one, i) => increase(isReset ? undefined : older[i], one));
  // A series that vanished while its process went on: what it counted last is not known.
  if (!isReset && older.some((one, i) => hasLost(one, newer[i]))) return null;
  if (after.kind === 'rate') {
    const [events = 0, total = 0] = deltas;
    return { kind: 'rate', events, total };
  }
  const counts = deltas.map((count, i) => count - (deltas[i - 1] ?? 0));
  // Buckets are cumulative; a page on which they are not has been written while it changed.
  return counts.some((count) => count < 0) ? null : { kind: 'histogram', counts };
}

function countersOf(reading: Reading): readonly Counters[] {
  if (reading.kind === 'rate') return [reading.events, reading.total];
  return reading.kind === 'histogram' ? reading.buckets : [];
}

function wentBack(before: Counters | undefined, after: Counters): boolean {
  return [...after].some(([key, value]) => value < (before?.get(key) ?? 0));
}

function hasLost(before: Counters, after: Counters | undefined): boolean {
  return [...before.keys()].some((key) => after?.has(key) !== true);
}

/** A series that is new began at 0 in between. */
function increase(before: Counters | undefined, after: Counters): number {
  let sum = 0;
  for (const [key, value] of after) sum += value - (before?.get(key) ?? 0);
  return sum;
}

/** The buckets that end at the metric's edges, and the last one; their `le` compared as numbers. */
function readHistogram(
  page: Exposition,
  metric: Metric,
  selector: string,
): Result<Reading, string> {
  const found = select(page, withSuffix(selector));
  if (!found.ok) return found;
  const byEdge = new Map<number, Map<string, number>>();
  for (const { name, labels, value } of found.value) {
    const edge = numberFrom(labels.get('le') ?? '');
    if (edge === null) return fail(`${name} has a series without le`);
    if (!isCount(value)) return fail(`${name} is ${value}, which is no count`);
    const others = new Map([...labels].filter(([label]) => label !== 'le'));
    const bucket = byEdge.get(edge) ?? new Map<string, number>();
    bucket.set(seriesKey({ name, labels: others }), value);
    byEdge.set(edge, bucket);
  }
  const all = byEdge.get(Number.POSITIVE_INFINITY);
  if (all === undefined) return fail(`there is no ${selector} with le="+Inf"`);
  const buckets: Counters[] = [];
  for (const edge of metric.edges) {
    const bucket = byEdge.get(edge);
    if (bucket === undefined) return fail(`${selector} has no bucket that ends at ${edge}`);
    if (bucket.size !== all.size) return fail(`${selector} lacks le="${edge}" in a series`);
    buckets.push(bucket);
  }
  return ok({ kind: 'histogram', buckets: [...buckets, all] });
}

/** A histogram is named with or without the `_bucket` of its series. */
function withSuffix(selector: string): string {
  const [name = ''] = selector.split('{');
  return name.trim().endsWith('_bucket')
    ? selector
    : selector.replace(name, `${name.trim()}_bucket`);
}

function counters(page: Exposition, selector: string): Result<Counters, string> {
  const found = select(page, selector);
  if (!found.ok) return found;
  const type = page.types.get(selector);
  if (type === 'gauge') return fail(`${selector} is a gauge, not a counter`);
  // Declared, and nothing counted under any label yet: that is none. With labels asked for it may
  // as well be a name that is spelt wrong.
  if (found.value.length === 0 && type !== 'counter') return fail(`there is no ${selector}`);
  const bad = found.value.find(({ value }) => !isCount(value));
  if (bad !== undefined) return fail(`${selector} is ${bad.value}, which is no count`);
  return ok(new Map(found.value.map((sample) => [seriesKey(sample), sample.value])));
}

function isCount(value: number): boolean {
  return Number.isFinite(value) && value >= 0;
}

/** Samples of `name` or `name{label="value"}`. */
function select(page: Exposition, selector: string): Result<readonly Sample[], string> {
  const [, name, open] = /^\s*([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(\{)?/.exec(selector) ?? [];
  const start = selector.indexOf('{') + 1;
  const read = open === undefined ? null : labelsOf(selector, start);
  const rest =
    open === undefined ? selector.trim() === name : read?.end === selector.trimEnd().length;
  if (name === undefined || !rest) {
    return fail(`"${selector}" is no series such as name or name{label="value"}`);
  }
  const wanted = [...(read?.labels ?? [])];
  return ok(
    page.samples.filter(
      (sample) =>
        sample.name === name &&
        wanted.every(([label, value]) => sample.labels.get(label) === value),
    ),
  );
}
