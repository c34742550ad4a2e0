import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { Metric } from '../../core/judge/settings.ts';
import type { MetricSeries } from '../../core/plan/plan.ts';
import { parseExposition, seriesKey } from './exposition.ts';
import { measurementBetween, type Reading, readMetric } from './scrape-measure.ts';

const METRIC: Metric = {
  ...{ name: 'm', kind: 'histogram', unit: 'ms', edges: [1, 5], worse: 'higher', weight: 1 },
  ...{ required: true, advisory: false, marginRelative: 0, marginAbsolute: 0, relevanceFloor: 0 },
};
const JOBS: MetricSeries = { kind: 'rate', events: 'bad_total', total: 'all_total' };
const TIMES: MetricSeries = { kind: 'histogram', buckets: 'took' };

function read(text: string, series: MetricSeries): Reading | string {
  const page = parseExposition(text);
  if (!page.ok) return page.problem;
  const reading = readMetric(page.value, { metric: METRIC, series });
  return reading.ok ? reading.value : reading.problem;
}

function reading(text: string, series: MetricSeries): Reading {
  const found = read(text, series);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

const between = (before: string, after: string, series: MetricSeries, restarted = false) =>
  measurementBetween(reading(before, series), reading(after, series), restarted);

test.each([
  ['a', 'line 1 is no sample: a'],
  ['a{b="c} 1', 'line 1 is no sample: a{b="c} 1'],
  ['a{b=c} 1', 'line 1 is no sample: a{b=c} 1'],
  ['a{b="c",b="d"} 1', 'line 1 is no sample: a{b="c",b="d"} 1'],
  ['ok 1\na one', 'line 2 is no sample: a one'],
  ['a 0x10', 'line 1 is no sample: a 0x10'],
  ['a 1 2 3', 'line 1 is no sample: a 1 2 3'],
  ['<html>', 'line 1 is no sample: <html>'],
  ['a 1\na 2', 'line 2: a is there twice'],
  ['a{b="1",c="2"} 1\na{c="2",b="1"} 2', 'line 2: a{b="1",c="2"} is there twice'],
  ['# TYPE a counter\n# TYPE a gauge', 'line 2: a second TYPE of a'],
])('%j is unreadable', (text, wanted) => {
  const page = parseExposition(text);
  expect(page.ok ? '' : page.problem).toBe(wanted);
});

test('every form of a line', () => {
  const text =
    '# HELP a says "{things}"\n# TYPE a gauge\n#comment\n\na 1\nb{} +Inf\nc{ x = "1" , y="2", } -1.5e3 1700000000000\n' +
    'd{e="\\\\ \\" \\n }"} NaN\n\te 1';
  const page = parseExposition(text.slice(0, text.lastIndexOf('\n')));
  if (!page.ok) throw new Error(page.problem);
  const said = page.value.samples.map((sample) => `${seriesKey(sample)} ${sample.value}`);
  expect(said).toEqual(['a 1', 'b Infinity', 'c{x="1",y="2"} -1500', 'd{e="\\\\ \\" \\n }"} NaN']);
  expect(page.value.types.get('a')).toBe('gauge');
});

test('reads back what a client library wrote, whatever the labels hold', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(text), fc.double({ noNaN: true }), async (values, number) => {
      const registers = [new Registry()];
      const [registry] = registers;
      const gauge = new Gauge({ name: 'g', help: 'h\nh', labelNames: ['l'], registers });
      for (const value of values) gauge.set({ l: value }, number);
      const page = parseExposition((await registry?.metrics()) ?? '');
      if (!page.ok) throw new Error(page.problem);
      expect(page.value.samples.map(({ labels }) => labels.get('l'))).toEqual(values);
      for (const { value } of page.value.samples) expect(value === number).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('counters and histograms of a client library become counts of the interval', async () => {
  const registry = new Registry();
  const registers = [registry];
  const bad = new Counter({ name: 'bad_total', help: 'h', labelNames: ['why'], registers });
  const all = new Counter({ name: 'all_total', help: 'h', registers });
  const took = new Histogram({ name: 'took', help: 'h', buckets: [1, 2, 5], registers });
  all.inc(3);
  took.observe(1);
  const before = await registry.metrics();
  all.inc(10);
  bad.inc({ why: 'full' }, 2);
  for (const value of [1, 1.5, 2, 4, 6, 7, 8]) took.observe(value);
  const after = await registry.metrics();
  expect(between(before, after, JOBS)).toEqual({ kind: 'rate', events: 2, total: 10 });
  expect(between(before, after, TIMES)).toEqual({ kind: 'histogram', counts: [1, 3, 3] });
});

test.each([
  ['a reset counts from 0', 'bad_total 5\nall_total 9', 'bad_total 6\nall_total 8', false, [6, 8]],
  ['a known restart too', 'bad_total 5\nall_total 9', 'bad_total 6\nall_total 10', true, [6, 10]],
  ['nothing happened', 'bad_total 5\nall_total 9', 'bad_total 5\nall_total 9', false, [0, 0]],
  [
    'a new series began at 0',
    'bad_total 1\nall_total{x="1"} 9',
    'bad_total 1\nall_total{x="1"} 9\nall_total{x="2"} 4',
    false,
    [0, 4],
  ],
  [
    'a series vanished',
    'bad_total 1\nall_total{x="1"} 9\nall_total{x="2"} 4',
    'bad_total 1\nall_total{x="1"} 9',
    false,
    null,
  ],
])('%s', (_, before, after, restarted, wanted) => {
  const expected = wanted && { kind: 'rate', events: wanted[0], total: wanted[1] };
  expect(between(before, after, JOBS, restarted)).toEqual(expected);
});

test('without an earlier scrape counters are unknown, a gauge is what it is', () => {
  expect(measurementBetween(null, reading('bad_total 1\nall_total 2', JOBS), false)).toBeNull();
  const gauge = reading('depth 4.5', { kind: 'value', value: 'depth' });
  expect(measurementBetween(null, gauge, false)).toEqual({ kind: 'value', value: 4.5 });
});

test.each<[string, MetricSeries, string]>([
  ['all_total 1', JOBS, 'there is no bad_total'],
  ['bad_total -1\nall_total 1', JOBS, 'bad_total is -1, which is no count'],
  ['# TYPE bad_total gauge\nbad_total 1\nall_total 1', JOBS, 'bad_total is a gauge, not a counter'],
  ['took_bucket{le="1"} 1\ntook_bucket{le="5"} 1', TIMES, 'there is no took with le="+Inf"'],
  ['took_bucket{le="1"} 1\ntook_bucket{le="+Inf"} 1', TIMES, 'took has no bucket that ends at 5'],
  ['d{x="1"} 1\nd{x="2"} 1', { kind: 'value', value: 'd' }, 'd is 2 series'],
  ['d NaN', { kind: 'value', value: 'd' }, 'd is not a finite number'],
  [
    'd 1',
    { kind: 'value', value: 'd{x=1}' },
    '"d{x=1}" is no series such as name or name{label="value"}',
  ],
  [
    'd 1',
    { kind: 'value', value: 'rate(d[5m])' },
    '"rate(d[5m])" is no series such as name or name{label="value"}',
  ],
])('%j can not be read as %j', (text, series, wanted) => {
  expect(read(text, series)).toBe(wanted);
});

test('a counter with labels that was declared and counted nothing yet is at none', () => {
  const text = '# TYPE bad_total counter\nall_total 4';
  expect(between('# TYPE bad_total counter\nall_total 1', text, JOBS)).toEqual({
    kind: 'rate',
    events: 0,
    total: 3,
  });
  expect(read(text, { ...JOBS, events: 'bad_total{why="x"}' } as MetricSeries)).toBe(
    'there is no bad_total{why="x"}',
  );
});
